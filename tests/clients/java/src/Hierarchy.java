import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.huaweicloud.sdk.ccm.v1.CcmClient;
import com.huaweicloud.sdk.ccm.v1.model.CertDistinguishedName;
import com.huaweicloud.sdk.ccm.v1.model.CreateCertificateAuthorityRequest;
import com.huaweicloud.sdk.ccm.v1.model.CreateCertificateAuthorityRequestBody;
import com.huaweicloud.sdk.ccm.v1.model.CreateCertificateRequest;
import com.huaweicloud.sdk.ccm.v1.model.CreateCertificateRequestBody;
import com.huaweicloud.sdk.ccm.v1.model.DistinguishedName;
import com.huaweicloud.sdk.ccm.v1.model.EnableCertificateAuthorityCrlRequest;
import com.huaweicloud.sdk.ccm.v1.model.EnableCertificateAuthorityCrlRequestBody;
import com.huaweicloud.sdk.ccm.v1.model.EnableCertificateAuthorityCrlResponse;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateRequest;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateRequestBody;
import com.huaweicloud.sdk.ccm.v1.model.ExportCertificateResponse;
import com.huaweicloud.sdk.ccm.v1.model.RevokeCertificateAuthorityRequest;
import com.huaweicloud.sdk.ccm.v1.model.RevokeCertificateRequest;
import com.huaweicloud.sdk.ccm.v1.model.RevokeCertificateRequestBody;
import com.huaweicloud.sdk.ccm.v1.model.Validity;
import com.huaweicloud.sdk.ccm.v1.region.CcmRegion;
import com.huaweicloud.sdk.core.ClientBuilder;
import com.huaweicloud.sdk.core.HcClient;
import com.huaweicloud.sdk.core.auth.GlobalCredentials;
import com.huaweicloud.sdk.core.http.FieldExistence;
import com.huaweicloud.sdk.core.http.HttpMethod;
import com.huaweicloud.sdk.core.http.HttpRequestDef;
import com.huaweicloud.sdk.core.http.LocationType;

/**
 * A root and a subordinate authority, both with lists and OCSP switched on, made with the official
 * SDK.
 */
final class Hierarchy {
    private final HcClient http;
    private final CcmClient client;
    private final String key;
    private final String hash;
    private final String issuerId;

    Hierarchy(String key, String hash) {
        this.key = key;
        this.hash = hash;
        var credentials = new GlobalCredentials()
                .withAk(System.getenv("CLOUD_SDK_AK"))
                .withSk(System.getenv("CLOUD_SDK_SK"))
                .withDomainId(System.getenv("HUAWEICLOUD_SDK_DOMAIN_ID"));
        http = new ClientBuilder<HcClient>(made -> made, "GlobalCredentials")
                .withCredential(credentials)
                .withRegion(CcmRegion.valueOf(System.getenv("HW_REGION_NAME")))
                .build();
        client = new CcmClient(http);
        String rootId = authority("ROOT", null, 10);
        issuerId = authority("SUBORDINATE", rootId, 5);
    }

    /** What an authority issues after this names where to ask. */
    private String authority(String type, String issuer, int years) {
        var name = new DistinguishedName()
                .withCommonName("Java " + key + " " + type)
                .withCountry("CN")
                .withState("Shanghai")
                .withLocality("Pudong")
                .withOrganization("Chancery Tests")
                .withOrganizationalUnit("Desk");
        var body = new CreateCertificateAuthorityRequestBody()
                .withType(type)
                .withIssuerId(issuer)
                .withKeyAlgorithm(key)
                .withSignatureAlgorithm(hash)
                .withValidity(new Validity().withType("YEAR").withValue(years))
                .withDistinguishedName(name);
        String id = client.createCertificateAuthority(
                        new CreateCertificateAuthorityRequest().withBody(body))
                .getCaId();
        var lists = new EnableCertificateAuthorityCrlRequestBody()
                .withObsBucketName("java-lists")
                .withValidDays(7);
        var enable = new EnableCertificateAuthorityCrlRequest().withCaId(id).withBody(lists);
        assertEquals(204, client.enableCertificateAuthorityCrl(enable).getHttpStatusCode());
        var switched = http.syncInvokeHttp(new Switch(id), Switch.CALL);
        assertEquals(204, switched.getHttpStatusCode());
        return id;
    }

    /** Orders a certificate and answers its id. */
    String issue() {
        var body = new CreateCertificateRequestBody()
                .withIssuerId(issuerId)
                .withKeyAlgorithm(key)
                .withSignatureAlgorithm(hash)
                .withValidity(new Validity().withType("DAY").withValue(30))
                .withDistinguishedName(new CertDistinguishedName().withCommonName("localhost"));
        var request = new CreateCertificateRequest().withBody(body);
        return client.createCertificate(request).getCertificateId();
    }

    ExportCertificateResponse export(String id) {
        var body = new ExportCertificateRequestBody().withType("OTHER").withIsCompressed("false");
        var request = new ExportCertificateRequest().withCertificateId(id).withBody(body);
        return client.exportCertificate(request);
    }

    void revoke(String id, String reason) {
        var body = new RevokeCertificateRequestBody().withReason(reason);
        var request = new RevokeCertificateRequest().withCertificateId(id).withBody(body);
        assertEquals(204, client.revokeCertificate(request).getHttpStatusCode());
    }

    void revokeIssuer(String reason) {
        var body = new RevokeCertificateRequestBody().withReason(reason);
        var request = new RevokeCertificateAuthorityRequest().withCaId(issuerId).withBody(body);
        assertEquals(204, client.revokeCertificateAuthority(request).getHttpStatusCode());
    }

    /**
     * The call UpdateOcspSwitch, which later SDKs have and this one does not. Its answer is as empty as
     * that of the other switch.
     */
    private static final class Switch {
        static final HttpRequestDef<Switch, EnableCertificateAuthorityCrlResponse> CALL = HttpRequestDef
                .builder(HttpMethod.POST, Switch.class, EnableCertificateAuthorityCrlResponse.class)
                .withName("UpdateOcspSwitch")
                .withUri("/v1/private-certificate-authorities/{ca_id}/ocsp/switch")
                .withContentType("application/json")
                .withRequestField(
                        "ca_id",
                        LocationType.Path,
                        FieldExistence.NON_NULL_NON_EMPTY,
                        String.class,
                        field -> field.withMarshaller(call -> call.caId, (call, id) -> {}))
                .withRequestField(
                        "body",
                        LocationType.Body,
                        FieldExistence.NON_NULL_NON_EMPTY,
                        On.class,
                        field -> field.withMarshaller(call -> new On(), (call, body) -> {}))
                .build();

        private final String caId;

        Switch(String caId) {
            this.caId = caId;
        }
    }

    /** The body of that call. */
    static final class On {
        @JsonProperty("ocsp_switch")
        final boolean on = true;
    }
}
