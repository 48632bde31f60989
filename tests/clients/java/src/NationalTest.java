import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.huaweicloud.sdk.ccm.v1.CcmClient;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateRequest;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateRequestBody;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateResponse;
import com.huaweicloud.sdk.ccm.v1.region.CcmRegion;
import com.huaweicloud.sdk.core.auth.GlobalCredentials;
import com.huaweicloud.sdk.core.exception.ClientRequestException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.jce.interfaces.ECPrivateKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The SM2 pair of the demo, judged by Bouncy Castle. */
class NationalTest {
    private static final String PAIR_ID = System.getenv("CHANCERY_DEMO_SM2_CERTIFICATE_ID");

    private static CcmClient client() {
        var credentials = new GlobalCredentials()
                .withAk(System.getenv("CLOUD_SDK_AK"))
                .withSk(System.getenv("CLOUD_SDK_SK"))
                .withDomainId(System.getenv("HUAWEICLOUD_SDK_DOMAIN_ID"));
        return CcmClient.newBuilder()
                .withCredential(credentials)
                .withRegion(CcmRegion.valueOf(System.getenv("HW_REGION_NAME")))
                .build();
    }

    private static ExportCertificateResponse export(
            String type, boolean standard, String password) {
        var body = new ExportCertificateRequestBody()
                .withType(type)
                .withIsCompressed("false")
                .withIsSmStandard(Boolean.toString(standard))
                .withPassword(password);
        var request = new ExportCertificateRequest().withCertificateId(PAIR_ID).withBody(body);
        return client().exportCertificate(request);
    }

    @Test
    void bothHalvesHaveAPathToTheRoot() throws Exception {
        ExportCertificateResponse pair = export("other", false, null);
        List<X509Certificate> chain = Sm2Judge.certificates(pair.getCertificateChain());
        assertEquals(2, chain.size());
        for (String text : List.of(pair.getCertificate(), pair.getEncCertificate())) {
            X509Certificate leaf = Sm2Judge.certificates(text).get(0);
            assertEquals("SM3WITHSM2", leaf.getSigAlgName());
            assertEquals(-1, leaf.getBasicConstraints());
            Sm2Judge.verify(leaf, chain);
        }
    }

    @Test
    void keyUsagesAreOfEachHalf() throws Exception {
        ExportCertificateResponse pair = export("other", false, null);
        boolean[] sign = Sm2Judge.certificates(pair.getCertificate()).get(0).getKeyUsage();
        boolean[] enc = Sm2Judge.certificates(pair.getEncCertificate()).get(0).getKeyUsage();
        for (int usage = 0; usage < sign.length; usage++) {
            assertEquals(usage < 2, sign[usage]);
            assertEquals(usage >= 2 && usage < 5, enc[usage]);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "test"})
    void keysBelongToTheirHalves(String password) throws Exception {
        ExportCertificateResponse pair = export("other", false, password);
        Sm2Judge.checkKey(pair.getCertificate(), pair.getPrivateKey(), password);
        Sm2Judge.checkKey(pair.getEncCertificate(), pair.getEncPrivateKey(), password);
        assertNull(pair.getEncSm2EnvelopedKey());
        assertNull(pair.getSignedAndEnvelopedData());
    }

    @Test
    void bothEnvelopesHoldTheEncryptionKey() throws Exception {
        ExportCertificateResponse pair = export("other", true, null);
        assertNull(pair.getEncPrivateKey());
        ECPrivateKey key = Sm2Judge.privateKey(pair.getPrivateKey(), "");
        // The strict decoder: no line ends.
        byte[] enveloped = Base64.getDecoder().decode(pair.getEncSm2EnvelopedKey());
        byte[] signed = Base64.getDecoder().decode(pair.getSignedAndEnvelopedData());
        X509Certificate issuer = Sm2Judge.certificates(pair.getCertificateChain()).get(0);
        byte[] first = Sm2Judge.openEnvelopedKey(enveloped, key);
        byte[] second = Sm2Judge.openSignedAndEnveloped(signed, key, issuer);
        assertArrayEquals(first, second);
        Sm2Judge.checkScalar(pair.getEncCertificate(), first);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tomcat", "iis", "nginx", "apache"})
    void otherTypesAreRefused(String type) {
        ClientRequestException refused =
                assertThrows(ClientRequestException.class, () -> export(type, true, null));
        assertEquals(400, refused.getHttpStatusCode());
        assertTrue(refused.getErrorMsg().contains("type must be OTHER"), refused.getErrorMsg());
    }
}
