import com.huaweicloud.sdk.ccm.v1.CcmClient;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateRequest;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateRequestBody;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateResponse;
import com.huaweicloud.sdk.ccm.v1.region.CcmRegion;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.auth.GlobalCredentials;
import com.huaweicloud.sdk.core.auth.ICredential;
import com.huaweicloud.sdk.dcs.v2.DcsClient;
import com.huaweicloud.sdk.dcs.v2.model.DownloadSslCertRequest;
import com.huaweicloud.sdk.dcs.v2.model.DownloadSslCertResponse;
import com.huaweicloud.sdk.dcs.v2.region.DcsRegion;
import com.huaweicloud.sdk.dds.v3.DdsClient;
import com.huaweicloud.sdk.dds.v3.model.ListSslCertDownloadAddressRequest;
import com.huaweicloud.sdk.dds.v3.model.ListSslCertDownloadAddressResponse;
import com.huaweicloud.sdk.dds.v3.region.DdsRegion;
import com.huaweicloud.sdk.scm.v3.ScmClient;
import com.huaweicloud.sdk.scm.v3.region.ScmRegion;
import com.huaweicloud.sdk.sms.v3.SmsClient;
import com.huaweicloud.sdk.sms.v3.model.ShowCertKeyRequest;
import com.huaweicloud.sdk.sms.v3.model.ShowCertKeyResponse;
import com.huaweicloud.sdk.sms.v3.region.SmsRegion;

/**
 * The five documented calls as their documentation's sample programs make them, with their
 * placeholders filled in and the answer returned in place of printed.
 */
final class Samples {
    private Samples() {}

    private static String region() {
        return System.getenv("HW_REGION_NAME");
    }

    static ExportCertificateResponse ccm(String certificateId, String password) {
        String ak = System.getenv("CLOUD_SDK_AK");
        String sk = System.getenv("CLOUD_SDK_SK");

        ICredential auth = new GlobalCredentials()
                .withAk(ak)
                .withSk(sk);

        CcmClient client = CcmClient.newBuilder()
                .withCredential(auth)
                .withRegion(CcmRegion.valueOf(region()))
                .build();
        ExportCertificateRequest request = new ExportCertificateRequest();
        request.withCertificateId(certificateId);
        ExportCertificateRequestBody body = new ExportCertificateRequestBody();
        body.withPassword(password);
        body.withType("other");
        body.withIsCompressed("false");
        request.withBody(body);
        return client.exportCertificate(request);
    }

    static com.huaweicloud.sdk.scm.v3.model.ExportCertificateResponse scm() {
        String ak = System.getenv("CLOUD_SDK_AK");
        String sk = System.getenv("CLOUD_SDK_SK");

        ICredential auth = new GlobalCredentials()
                .withAk(ak)
                .withSk(sk);

        ScmClient client = ScmClient.newBuilder()
                .withCredential(auth)
                .withRegion(ScmRegion.valueOf(region()))
                .build();
        var request = new com.huaweicloud.sdk.scm.v3.model.ExportCertificateRequest();
        request.withCertificateId(System.getenv("CHANCERY_DEMO_SCM_CERTIFICATE_ID"));
        return client.exportCertificate(request);
    }

    static DownloadSslCertResponse dcs() {
        String ak = System.getenv("CLOUD_SDK_AK");
        String sk = System.getenv("CLOUD_SDK_SK");
        String projectId = System.getenv("HUAWEICLOUD_SDK_PROJECT_ID");

        ICredential auth = new BasicCredentials()
                .withProjectId(projectId)
                .withAk(ak)
                .withSk(sk);

        DcsClient client = DcsClient.newBuilder()
                .withCredential(auth)
                .withRegion(DcsRegion.valueOf(region()))
                .build();
        DownloadSslCertRequest request = new DownloadSslCertRequest();
        request.withInstanceId(System.getenv("CHANCERY_DEMO_DCS_INSTANCE_ID"));
        return client.downloadSslCert(request);
    }

    /** This documentation has no sample: it is the DCS one with the other service's names. */
    static ListSslCertDownloadAddressResponse dds() {
        String ak = System.getenv("CLOUD_SDK_AK");
        String sk = System.getenv("CLOUD_SDK_SK");
        String projectId = System.getenv("HUAWEICLOUD_SDK_PROJECT_ID");

        ICredential auth = new BasicCredentials()
                .withProjectId(projectId)
                .withAk(ak)
                .withSk(sk);

        DdsClient client = DdsClient.newBuilder()
                .withCredential(auth)
                .withRegion(DdsRegion.valueOf(region()))
                .build();
        ListSslCertDownloadAddressRequest request = new ListSslCertDownloadAddressRequest();
        request.withInstanceId(System.getenv("CHANCERY_DEMO_DDS_INSTANCE_ID"));
        return client.listSslCertDownloadAddress(request);
    }

    static ShowCertKeyResponse sms() {
        String ak = System.getenv("CLOUD_SDK_AK");
        String sk = System.getenv("CLOUD_SDK_SK");

        ICredential auth = new GlobalCredentials()
                .withAk(ak)
                .withSk(sk);

        SmsClient client = SmsClient.newBuilder()
                .withCredential(auth)
                .withRegion(SmsRegion.valueOf(region()))
                .build();
        ShowCertKeyRequest request = new ShowCertKeyRequest();
        request.withTaskId(System.getenv("CHANCERY_DEMO_SMS_TASK_ID"));
        return client.showCertKey(request);
    }
}
