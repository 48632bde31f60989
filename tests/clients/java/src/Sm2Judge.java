import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.jce.interfaces.ECPrivateKey;
import org.bouncycastle.jce.interfaces.ECPublicKey;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.util.BigIntegers;
import org.bouncycastle.util.io.pem.PemReader;

/** What Bouncy Castle says of SM2 certificates, keys and envelopes. */
final class Sm2Judge {
    private static final BouncyCastleProvider BC = new BouncyCastleProvider();
    private static final byte[] TEXT = "to be signed".getBytes(StandardCharsets.UTF_8);
    private static final int SCALAR = 32;

    private Sm2Judge() {}

    static List<X509Certificate> certificates(String pem) throws Exception {
        var bytes = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
        List<X509Certificate> found = new ArrayList<>();
        for (var one : CertificateFactory.getInstance("X.509", BC).generateCertificates(bytes)) {
            found.add((X509Certificate) one);
        }
        return found;
    }

    /** The PKIX validator finds its way from the leaf to the root, the last of the chain. */
    static void verify(X509Certificate leaf, List<X509Certificate> chain) throws Exception {
        int last = chain.size() - 1;
        PKIXParameters parameters =
                new PKIXParameters(Set.of(new TrustAnchor(chain.get(last), null)));
        parameters.setRevocationEnabled(false); // there is no revocation list to ask for
        List<X509Certificate> path = new ArrayList<>(List.of(leaf));
        path.addAll(chain.subList(0, last));
        var factory = CertificateFactory.getInstance("X.509", BC);
        CertPathValidator.getInstance("PKIX", BC).validate(factory.generateCertPath(path), parameters);
        chain.get(last).verify(chain.get(last).getPublicKey(), BC);
    }

    /** A private key; an empty password is none. */
    static ECPrivateKey privateKey(String pem, String password) throws Exception {
        byte[] der;
        if (password.isEmpty()) {
            try (var reader = new PemReader(new StringReader(pem))) {
                var block = reader.readPemObject();
                assertEquals("PRIVATE KEY", block.getType());
                der = block.getContent();
            }
        } else {
            try (var reader = new PEMParser(new StringReader(pem))) {
                var encrypted = (PKCS8EncryptedPrivateKeyInfo) reader.readObject();
                var decryptor = new JceOpenSSLPKCS8DecryptorProviderBuilder()
                        .setProvider(BC)
                        .build(password.toCharArray());
                der = encrypted.decryptPrivateKeyInfo(decryptor).getEncoded();
            }
        }
        PrivateKey key =
                KeyFactory.getInstance("EC", BC).generatePrivate(new PKCS8EncodedKeySpec(der));
        return (ECPrivateKey) key;
    }

    /** What the key signs, the certificate verifies, both with the default user id. */
    static void checkKey(String certificate, String pem, String password) throws Exception {
        ECPrivateKey key = privateKey(pem, password);
        Signature signer = Signature.getInstance("SM3withSM2", BC);
        signer.initSign(key);
        signer.update(TEXT);
        byte[] signature = signer.sign();
        signer.initVerify(certificates(certificate).get(0).getPublicKey());
        signer.update(TEXT);
        assertTrue(signer.verify(signature));
    }

    /** The scalar is the private key of the certificate. */
    static void checkScalar(String certificate, byte[] scalar) throws Exception {
        var key = (ECPublicKey) certificates(certificate).get(0).getPublicKey();
        var point = GMNamedCurves.getByName("sm2p256v1").getG().multiply(new BigInteger(1, scalar));
        assertEquals(key.getQ().normalize(), point.normalize());
    }

    /** The scalar in a GM/T 0009 SM2EnvelopedKey. */
    static byte[] openEnvelopedKey(byte[] der, ECPrivateKey recipient) throws Exception {
        ASN1Sequence envelope = ASN1Sequence.getInstance(der);
        assertEquals(4, envelope.size());
        var algorithm = ASN1Sequence.getInstance(envelope.getObjectAt(0)).getObjectAt(0);
        assertEquals(GMObjectIdentifiers.sms4_ecb, algorithm);
        byte[] key = decrypt(ASN1Sequence.getInstance(envelope.getObjectAt(1)), recipient);
        byte[] scalar = sm4(key, ASN1BitString.getInstance(envelope.getObjectAt(3)).getOctets());
        assertEquals(SCALAR, scalar.length);
        return scalar;
    }

    /** The scalar in a GM/T 0010 SignedAndEnvelopedData that the issuer has signed. */
    static byte[] openSignedAndEnveloped(
            byte[] der, ECPrivateKey recipient, X509Certificate issuer) throws Exception {
        ASN1Sequence info = ASN1Sequence.getInstance(der);
        assertEquals(new ASN1ObjectIdentifier("1.2.156.10197.6.1.4.2.4"), info.getObjectAt(0));
        var wrapped = ASN1TaggedObject.getInstance(info.getObjectAt(1));
        ASN1Sequence data = ASN1Sequence.getInstance(wrapped, true);
        var recipients = ASN1Set.getInstance(data.getObjectAt(1));
        ASN1Sequence to = ASN1Sequence.getInstance(recipients.getObjectAt(0));
        byte[] cipher = ASN1OctetString.getInstance(to.getObjectAt(3)).getOctets();
        byte[] key = decrypt(ASN1Sequence.getInstance(cipher), recipient);

        ASN1Sequence encrypted = ASN1Sequence.getInstance(data.getObjectAt(3));
        var text = ASN1TaggedObject.getInstance(encrypted.getObjectAt(2));
        byte[] content = sm4(key, ASN1OctetString.getInstance(text, false).getOctets());
        assertEquals(2 * SCALAR, content.length);
        assertArrayEquals(new byte[SCALAR], Arrays.copyOf(content, SCALAR));

        var signers = ASN1Set.getInstance(data.getObjectAt(data.size() - 1));
        ASN1Sequence signer = ASN1Sequence.getInstance(signers.getObjectAt(0));
        Signature verifier = Signature.getInstance("SM3withSM2", BC);
        verifier.initVerify(issuer.getPublicKey());
        verifier.update(content);
        byte[] signature = ASN1OctetString.getInstance(signer.getObjectAt(4)).getOctets();
        assertTrue(verifier.verify(signature));
        return Arrays.copyOfRange(content, SCALAR, 2 * SCALAR);
    }

    /** Decrypts an SM2Cipher; the engine takes C1, C3, C2 as raw bytes. */
    private static byte[] decrypt(ASN1Sequence cipher, ECPrivateKey key) throws Exception {
        byte[] x = coordinate(cipher, 0);
        byte[] y = coordinate(cipher, 1);
        byte[] digest = ASN1OctetString.getInstance(cipher.getObjectAt(2)).getOctets();
        byte[] text = ASN1OctetString.getInstance(cipher.getObjectAt(3)).getOctets();
        byte[] raw = org.bouncycastle.util.Arrays.concatenate(
                new byte[][] {{4}, x, y, digest, text});
        var engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
        var domain = new ECDomainParameters(GMNamedCurves.getByName("sm2p256v1"));
        engine.init(false, new ECPrivateKeyParameters(key.getD(), domain));
        return engine.processBlock(raw, 0, raw.length);
    }

    private static byte[] coordinate(ASN1Sequence cipher, int place) {
        BigInteger value = ASN1Integer.getInstance(cipher.getObjectAt(place)).getPositiveValue();
        return BigIntegers.asUnsignedByteArray(SCALAR, value);
    }

    private static byte[] sm4(byte[] key, byte[] text) throws Exception {
        Cipher cipher = Cipher.getInstance("SM4/ECB/NoPadding", BC);
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "SM4"));
        return cipher.doFinal(text);
    }
}
