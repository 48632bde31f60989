import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateResponse;
import com.huaweicloud.sdk.core.exception.ClientRequestException;
import com.huaweicloud.sdk.dcs.v2.model.DownloadSslCertResponse;
import com.huaweicloud.sdk.sms.v3.model.ShowCertKeyResponse;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runs the samples and lets Java judge what came back. */
class SeedsTest {
    private static final String CERTIFICATE_ID = System.getenv("CHANCERY_DEMO_CERTIFICATE_ID");

    @Test
    void privateCertificate() throws Exception {
        ExportCertificateResponse response = Samples.ccm(CERTIFICATE_ID, "test");
        X509Certificate leaf = Judge.certificate(response.getCertificate());
        Judge.verify(leaf, Judge.certificates(response.getCertificateChain()));
        assertTrue(response.getPrivateKey().startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n"));
        Judge.checkKey(leaf, response.getPrivateKey(), "test");
    }

    @Test
    void storeCertificate() throws Exception {
        var response = Samples.scm();
        X509Certificate leaf = Judge.certificate(response.getCertificate());
        List<X509Certificate> chain = Judge.certificates(response.getCertificateChain());
        Judge.verify(leaf, chain);
        Judge.checkKey(leaf, response.getPrivateKey(), null);
        List<X509Certificate> entire = Judge.certificates(response.getEntireCertificate());
        assertEquals(leaf, entire.get(0));
        assertEquals(chain, entire.subList(1, entire.size()));
    }

    @Test
    void redisCertificate() throws Exception {
        DownloadSslCertResponse response = Samples.dcs();
        URI link = URI.create(response.getLink());
        assertTrue(response.getFileName().endsWith(".crt"), response.getFileName());
        assertTrue(link.getPath().endsWith("/" + response.getFileName()), link.getPath());
        assertTrue(link.getPath().contains("/" + response.getBucketName() + "/"), link.getPath());
        X509Certificate root = Judge.certificate(Judge.fetch(link));
        Judge.verify(root, List.of(root));
    }

    @Test
    void mongoCertificate() throws Exception {
        var certificates = Samples.dds().getCerts();
        assertEquals(1, certificates.size());
        assertEquals("international", certificates.get(0).getCategory().toString());
        URI link = URI.create(certificates.get(0).getDownloadLink());
        X509Certificate root = Judge.certificate(Judge.fetch(link));
        Judge.verify(root, List.of(root));
    }

    @Test
    void migrationCertificates() throws Exception {
        ShowCertKeyResponse response = Samples.sms();
        List<X509Certificate> chain = Judge.certificates(response.getCa());
        assertEquals(1, chain.size());
        Map<String, String> pairs = Map.of(
                response.getCert(), response.getPrivateKey(),
                response.getTargetMgmtCert(), response.getTargetMgmtPrivateKey(),
                response.getTargetDataCert(), response.getTargetDataPrivateKey());
        for (Map.Entry<String, String> pair : pairs.entrySet()) {
            X509Certificate leaf = Judge.certificate(pair.getKey());
            Judge.verify(leaf, chain);
            Judge.checkKey(leaf, pair.getValue(), null);
        }
    }

    @Test
    void aRefusalHasCodeAndRequestId() {
        ClientRequestException refusal = assertThrows(
                ClientRequestException.class,
                () -> Samples.ccm("00000000-0000-0000-0000-000000000000", null));
        assertEquals(404, refusal.getHttpStatusCode());
        assertEquals("PCA.10010002", refusal.getErrorCode());
        assertFalse(refusal.getErrorMsg().isEmpty());
        assertEquals(32, refusal.getRequestId().length());
    }
}
