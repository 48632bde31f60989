import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** What Java's own libraries say of certificates and keys. */
final class Judge {
    private static final byte[] TEXT = "to be signed".getBytes(StandardCharsets.UTF_8);

    private Judge() {}

    static List<X509Certificate> certificates(String pem) throws Exception {
        var bytes = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
        List<X509Certificate> found = new ArrayList<>();
        for (var one : CertificateFactory.getInstance("X.509").generateCertificates(bytes)) {
            found.add((X509Certificate) one);
        }
        return found;
    }

    static X509Certificate certificate(String pem) throws Exception {
        List<X509Certificate> found = certificates(pem);
        assertEquals(1, found.size());
        return found.get(0);
    }

    /** The PKIX validator finds its way from the leaf to the root, the last of the chain. */
    static void verify(X509Certificate leaf, List<X509Certificate> chain) throws Exception {
        int last = chain.size() - 1;
        PKIXParameters parameters =
                new PKIXParameters(Set.of(new TrustAnchor(chain.get(last), null)));
        parameters.setRevocationEnabled(false); // there is no revocation list to ask for
        List<X509Certificate> path = new ArrayList<>();
        if (!leaf.equals(chain.get(last))) {
            path.add(leaf);
        }
        path.addAll(chain.subList(0, last));
        CertPath certPath = CertificateFactory.getInstance("X.509").generateCertPath(path);
        CertPathValidator.getInstance("PKIX").validate(certPath, parameters);
        leaf.checkValidity();
    }

    /** What the key signs, the certificate verifies. The password is null for a plain key. */
    static void checkKey(X509Certificate leaf, String pem, String password) throws Exception {
        String algorithm = leaf.getPublicKey().getAlgorithm();
        PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(read(pem, password));
        String name = algorithm.equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        Signature signer = Signature.getInstance(name);
        signer.initSign(key);
        signer.update(TEXT);
        byte[] signature = signer.sign();
        signer.initVerify(leaf);
        signer.update(TEXT);
        assertTrue(signer.verify(signature));
    }

    private static PKCS8EncodedKeySpec read(String pem, String password) throws Exception {
        String[] lines = pem.strip().split("\r?\n");
        String label = lines[0];
        StringBuilder text = new StringBuilder();
        for (int line = 1; line < lines.length - 1; line++) {
            text.append(lines[line]);
        }
        byte[] der = Base64.getDecoder().decode(text.toString());
        if (password != null) {
            assertEquals("-----BEGIN ENCRYPTED PRIVATE KEY-----", label);
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
            // For PBES2 the parameters name the algorithm, not the outer identifier.
            String name = info.getAlgParameters().toString();
            var secret = SecretKeyFactory.getInstance(name)
                    .generateSecret(new PBEKeySpec(password.toCharArray()));
            Cipher cipher = Cipher.getInstance(name);
            cipher.init(Cipher.DECRYPT_MODE, secret, info.getAlgParameters());
            return info.getKeySpec(cipher);
        }
        if (label.equals("-----BEGIN RSA PRIVATE KEY-----")) {
            return new PKCS8EncodedKeySpec(wrapped(der));
        }
        assertEquals("-----BEGIN PRIVATE KEY-----", label);
        return new PKCS8EncodedKeySpec(der);
    }

    /** PKCS#1 as PKCS#8, the only form Java reads: version, the OID of RSA, the key. */
    private static byte[] wrapped(byte[] pkcs1) {
        byte[] head = Base64.getDecoder().decode("AgEAMA0GCSqGSIb3DQEBAQUA");
        byte[] key = tagged(0x04, pkcs1);
        byte[] content = new byte[head.length + key.length];
        System.arraycopy(head, 0, content, 0, head.length);
        System.arraycopy(key, 0, content, head.length, key.length);
        return tagged(0x30, content);
    }

    private static byte[] tagged(int tag, byte[] content) {
        byte[] whole = new byte[4 + content.length];
        whole[0] = (byte) tag;
        whole[1] = (byte) 0x82; // two bytes of length, as every RSA key needs
        whole[2] = (byte) (content.length >> 8);
        whole[3] = (byte) content.length;
        System.arraycopy(content, 0, whole, 4, content.length);
        return whole;
    }

    /** Gets a link with the trust that JAVA_TOOL_OPTIONS names. */
    static String fetch(URI link) throws Exception {
        HttpClient client =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30)).build();
        HttpRequest request = HttpRequest.newBuilder(link).timeout(Duration.ofSeconds(30)).build();
        HttpResponse<String> response =
                client.send(request, HttpResponse.BodyHandlers.ofString());
        assertEquals(200, response.statusCode(), response.body());
        return response.body();
    }
}
