import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Enumerated;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.jcajce.JcaCertificateID;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Revocation under an SM2 authority, judged by Bouncy Castle. */
class RevocationSm2Test {
    private static final BouncyCastleProvider BC = new BouncyCastleProvider();

    private final Hierarchy desk = new Hierarchy("SM2", "SM3");

    /** Its user id is the default one, unless told otherwise. */
    private static ContentVerifierProvider verifier(X509Certificate signer) throws Exception {
        return new JcaContentVerifierProviderBuilder().setProvider(BC).build(signer);
    }

    /** The reason in the newest list that the certificate names, or null when it is not on it. */
    private static Integer listed(X509Certificate certificate, X509Certificate issuer)
            throws Exception {
        var place = Revocation.list(certificate);
        var list = new X509CRLHolder(Revocation.get(place, "application/pkix-crl"));
        assertTrue(list.isSignatureValid(verifier(issuer)));
        assertFalse(list.isSignatureValid(verifier(certificate)));
        assertTrue(list.getNextUpdate().after(new Date()));
        var entry = list.getRevokedCertificate(certificate.getSerialNumber());
        if (entry == null) {
            return null;
        }
        var reason = entry.getExtension(Extension.reasonCode);
        return reason == null
                ? CRLReason.unspecified
                : ASN1Enumerated.getInstance(reason.getParsedValue()).intValueExact();
    }

    /** Asks with an SM3 hash of the issuer and a nonce, and verifies the answer. */
    private static CertificateStatus status(X509Certificate certificate, X509Certificate issuer)
            throws Exception {
        var digests = new JcaDigestCalculatorProviderBuilder().setProvider(BC).build();
        var id = new JcaCertificateID(
                digests.get(new AlgorithmIdentifier(GMObjectIdentifiers.sm3)),
                issuer,
                certificate.getSerialNumber());
        byte[] nonce = new byte[32];
        new SecureRandom().nextBytes(nonce);
        byte[] value = new DEROctetString(nonce).getEncoded();
        var extension = new Extension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce, false, value);
        var request = new OCSPReqBuilder()
                .addRequest(id)
                .setRequestExtensions(new Extensions(extension))
                .build();
        var answer = new OCSPResp(
                Revocation.ask(Revocation.responder(certificate), request.getEncoded()));
        assertEquals(OCSPResp.SUCCESSFUL, answer.getStatus());
        var basic = assertInstanceOf(BasicOCSPResp.class, answer.getResponseObject());
        assertEquals(GMObjectIdentifiers.sm2sign_with_sm3, basic.getSignatureAlgOID());
        var echo = basic.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
        assertArrayEquals(nonce, ASN1OctetString.getInstance(echo.getParsedValue()).getOctets());

        // Another key signs, with the right to do so, and nobody has to ask about it.
        assertEquals(1, basic.getCerts().length);
        X509Certificate responder =
                new JcaX509CertificateConverter().setProvider(BC).getCertificate(basic.getCerts()[0]);
        assertNotEquals(issuer.getPublicKey(), responder.getPublicKey());
        assertTrue(basic.isSignatureValid(verifier(responder)));
        responder.verify(issuer.getPublicKey(), BC);
        responder.checkValidity();
        assertEquals(
                List.of(KeyPurposeId.id_kp_OCSPSigning.getId()), responder.getExtendedKeyUsage());
        assertEquals(-1, responder.getBasicConstraints());
        String noCheck = OCSPObjectIdentifiers.id_pkix_ocsp_nocheck.getId();
        assertNotNull(responder.getExtensionValue(noCheck));

        SingleResp[] answers = basic.getResponses();
        assertEquals(1, answers.length);
        assertEquals(id, answers[0].getCertID());
        assertTrue(answers[0].getNextUpdate().after(new Date()));
        return answers[0].getCertStatus();
    }

    private static void good(X509Certificate certificate, X509Certificate issuer)
            throws Exception {
        assertNull(listed(certificate, issuer));
        assertNull(status(certificate, issuer), "null is what it has for good");
    }

    private static void revoked(X509Certificate certificate, X509Certificate issuer, int reason)
            throws Exception {
        var status = assertInstanceOf(RevokedStatus.class, status(certificate, issuer));
        assertEquals(reason, status.getRevocationReason());
        assertFalse(status.getRevocationTime().after(new Date()));
        assertEquals(reason, Revocation.soon(() -> listed(certificate, issuer)));
    }

    /** The path validator of Bouncy Castle, which asks by OCSP or by lists about each certificate. */
    private static void validate(X509Certificate leaf, List<X509Certificate> chain, Set<Option> options)
            throws Exception {
        var validator = CertPathValidator.getInstance("PKIX", BC);
        var parameters = new PKIXParameters(Set.of(new TrustAnchor(chain.get(1), null)));
        var checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOptions(options);
        parameters.addCertPathChecker(checker);
        parameters.setRevocationEnabled(true);
        var path = CertificateFactory.getInstance("X.509", BC)
                .generateCertPath(List.of(leaf, chain.get(0)));
        // It asks nobody unless it is told that it may; this way Java's own validator does not hear it.
        var asking = List.of("ocsp.enable", "org.bouncycastle.x509.enableCRLDP");
        asking.forEach(property -> Properties.setThreadOverride(property, true));
        try {
            validator.validate(path, parameters);
        } finally {
            asking.forEach(Properties::removeThreadOverride);
        }
    }

    @Test
    void bothHalvesOfAPairAndTheirIssuerAreRevoked() throws Exception {
        String id = desk.issue();
        var exported = desk.export(id);
        List<X509Certificate> chain = Sm2Judge.certificates(exported.getCertificateChain());
        X509Certificate issuer = chain.get(0);
        X509Certificate root = chain.get(1);
        X509Certificate sign = Sm2Judge.certificates(exported.getCertificate()).get(0);
        X509Certificate enc = Sm2Judge.certificates(exported.getEncCertificate()).get(0);
        good(issuer, root);
        good(sign, issuer);
        good(enc, issuer);

        desk.revoke(id, "KEY_COMPROMISE");
        revoked(sign, issuer, CRLReason.keyCompromise);
        revoked(enc, issuer, CRLReason.keyCompromise);
        good(issuer, root);

        desk.revokeIssuer("CESSATION_OF_OPERATION");
        revoked(issuer, root, CRLReason.cessationOfOperation);
    }

    /** It keeps answers and lists while they are good, so that it asks after the revocation alone. */
    @ParameterizedTest
    @EnumSource(names = {"NO_FALLBACK", "PREFER_CRLS"})
    void thePathValidatorRefusesWhatIsRevoked(Option first) throws Exception {
        var options = EnumSet.of(first, Option.NO_FALLBACK);
        var kept = desk.export(desk.issue());
        String lostId = desk.issue();
        var lost = desk.export(lostId);
        desk.revoke(lostId, "SUPERSEDED");
        List<X509Certificate> chain = Sm2Judge.certificates(kept.getCertificateChain());
        X509Certificate lostSign = Sm2Judge.certificates(lost.getCertificate()).get(0);
        Revocation.soon(() -> listed(lostSign, chain.get(0)));
        for (String text : List.of(kept.getCertificate(), kept.getEncCertificate())) {
            validate(Sm2Judge.certificates(text).get(0), chain, options);
        }
        for (String text : List.of(lost.getCertificate(), lost.getEncCertificate())) {
            var refused = assertThrows(
                    CertPathValidatorException.class,
                    () -> validate(Sm2Judge.certificates(text).get(0), chain, options));
            assertEquals(BasicReason.REVOKED, refused.getReason());
            assertEquals(0, refused.getIndex());
            assertTrue(refused.getMessage().contains("superseded"), refused.getMessage());
        }
    }
}
