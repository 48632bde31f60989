import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateResponse;
import java.net.URI;
import java.security.cert.CRLReason;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateRevokedException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Java's PKIX validator wants to know of every certificate of a path that it is not revoked, and goes
 * where the certificates say. It keeps a list that it has fetched for half a minute, so each list is
 * fetched after the revocation alone.
 */
class RevocationTest {
    private static final String NONCE = "jdk.security.certpath.ocspNonce";
    private static final String DISTRIBUTION_POINTS = "com.sun.security.enableCRLDP";

    /** How a validator asks. Without an answer it refuses. */
    private enum Way {
        /** OCSP, and nothing else. */
        OCSP,
        OCSP_WITH_NONCE,
        /** The lists that the certificates name, and no OCSP. */
        LISTS,
        /** Lists that we have fetched just now. */
        FETCHED_LISTS,
        /** What a program gets with a system property and no checker of its own. */
        PROPERTY;

        void validate(Path path) throws Exception {
            var validator = CertPathValidator.getInstance("PKIX");
            var parameters =
                    new PKIXParameters(Set.of(new TrustAnchor(path.root, null)));
            parameters.setRevocationEnabled(true);
            var checker = (PKIXRevocationChecker) validator.getRevocationChecker();
            switch (this) {
                case OCSP, OCSP_WITH_NONCE -> checker.setOptions(EnumSet.of(Option.NO_FALLBACK));
                default -> checker.setOptions(EnumSet.of(Option.PREFER_CRLS, Option.NO_FALLBACK));
            }
            if (this == FETCHED_LISTS) {
                var lists = List.of(list(path.leaf, path.issuer), list(path.issuer, path.root));
                var given = new CollectionCertStoreParameters(lists);
                parameters.addCertStore(CertStore.getInstance("Collection", given));
            }
            if (this != PROPERTY) {
                parameters.addCertPathChecker(checker);
            }
            var certPath = CertificateFactory.getInstance("X.509")
                    .generateCertPath(List.of(path.leaf, path.issuer));
            String property = this == OCSP_WITH_NONCE ? NONCE : DISTRIBUTION_POINTS;
            boolean set = this == OCSP_WITH_NONCE || this == PROPERTY;
            assertNull(System.getProperty(property));
            try {
                if (set) {
                    System.setProperty(property, "true");
                }
                validator.validate(certPath, parameters);
            } finally {
                System.clearProperty(property);
            }
        }

        /** Refused as revoked, with the reason that the desk was told. */
        void refuse(Path path, int index, CRLReason reason) {
            var refused =
                    assertThrows(CertPathValidatorException.class, () -> validate(path), name());
            assertEquals(BasicReason.REVOKED, refused.getReason(), name());
            assertEquals(index, refused.getIndex(), name());
            var revoked =
                    assertInstanceOf(CertificateRevokedException.class, refused.getCause());
            assertEquals(reason, revoked.getRevocationReason(), name());
        }
    }

    /** A leaf and its two issuers. */
    private static final class Path {
        final X509Certificate leaf;
        final X509Certificate issuer;
        final X509Certificate root;

        Path(ExportCertificateResponse exported) throws Exception {
            leaf = Judge.certificate(exported.getCertificate());
            List<X509Certificate> chain = Judge.certificates(exported.getCertificateChain());
            assertEquals(2, chain.size());
            issuer = chain.get(0);
            root = chain.get(1);
        }
    }

    /** The newest list of the issuer, which the certificate names. */
    private static X509CRL list(X509Certificate certificate, X509Certificate issuer)
            throws Exception {
        URI place = Revocation.list(certificate);
        var list = (X509CRL) CertificateFactory.getInstance("X.509")
                .generateCRL(Revocation.get(place, "application/pkix-crl"));
        list.verify(issuer.getPublicKey());
        assertEquals(issuer.getSubjectX500Principal(), list.getIssuerX500Principal());
        return list;
    }

    /** The entry on the list of the issuer, once it is there. */
    private static X509CRLEntry entry(X509Certificate certificate, X509Certificate issuer)
            throws Exception {
        return Revocation.soon(() -> list(certificate, issuer).getRevokedCertificate(certificate));
    }

    @ParameterizedTest
    @CsvSource({"RSA2048,SHA256", "EC256,SHA256"})
    void whatIsRevokedIsRefused(String key, String hash) throws Exception {
        var desk = new Hierarchy(key, hash);
        String lostId = desk.issue();
        Path kept = new Path(desk.export(desk.issue()));
        Path lost = new Path(desk.export(lostId));
        for (Way way : EnumSet.of(Way.OCSP, Way.OCSP_WITH_NONCE, Way.FETCHED_LISTS)) {
            way.validate(kept);
            way.validate(lost);
        }
        assertNull(list(lost.leaf, lost.issuer).getRevokedCertificate(lost.leaf));
        var issuer = CertificateFactory.getInstance("X.509")
                .generateCertificate(Revocation.get(
                        Revocation.issuer(lost.leaf), "application/pkix-cert"));
        assertArrayEquals(lost.issuer.getEncoded(), issuer.getEncoded());

        // By OCSP at once, on the list soon.
        desk.revoke(lostId, "KEY_COMPROMISE");
        Way.OCSP.refuse(lost, 0, CRLReason.KEY_COMPROMISE);
        var entry = entry(lost.leaf, lost.issuer);
        assertEquals(CRLReason.KEY_COMPROMISE, entry.getRevocationReason());
        for (Way way : Way.values()) {
            way.validate(kept);
            way.refuse(lost, 0, CRLReason.KEY_COMPROMISE);
        }

        desk.revokeIssuer("CESSATION_OF_OPERATION");
        Way.OCSP.refuse(kept, 1, CRLReason.CESSATION_OF_OPERATION);
        entry(kept.issuer, kept.root);
        for (Way way : EnumSet.of(Way.OCSP, Way.OCSP_WITH_NONCE, Way.FETCHED_LISTS)) {
            way.refuse(kept, 1, CRLReason.CESSATION_OF_OPERATION);
        }
    }

    /** That these ways pass means something: what names no place to ask does not. */
    @Test
    void whatNamesNoPlaceToAskIsRefused() throws Exception {
        String id = System.getenv("CHANCERY_DEMO_CERTIFICATE_ID");
        Path path = new Path(Samples.ccm(id, null));
        for (Way way : EnumSet.of(Way.OCSP, Way.LISTS, Way.PROPERTY)) {
            var refused =
                    assertThrows(CertPathValidatorException.class, () -> way.validate(path));
            assertNotEquals(BasicReason.REVOKED, refused.getReason());
        }
    }
}
