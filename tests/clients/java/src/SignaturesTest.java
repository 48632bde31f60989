import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.huaweicloud.sdk.ccm.v1.CcmClient;
import com.huaweicloud.sdk.ccm.v1.model.ListCertificateAuthorityRequest;
import com.huaweicloud.sdk.ccm.v1.region.CcmRegion;
import com.huaweicloud.sdk.core.ClientBuilder;
import com.huaweicloud.sdk.core.SdkResponse;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.auth.GlobalCredentials;
import com.huaweicloud.sdk.core.auth.ICredential;
import com.huaweicloud.sdk.core.auth.SigningAlgorithm;
import com.huaweicloud.sdk.core.exception.ClientRequestException;
import com.huaweicloud.sdk.core.http.HttpConfig;
import com.huaweicloud.sdk.core.region.Region;
import com.huaweicloud.sdk.dcs.v2.DcsClient;
import com.huaweicloud.sdk.dcs.v2.model.ListInstancesRequest;
import com.huaweicloud.sdk.dcs.v2.region.DcsRegion;
import com.huaweicloud.sdk.dds.v3.DdsClient;
import com.huaweicloud.sdk.dds.v3.region.DdsRegion;
import com.huaweicloud.sdk.iam.v3.IamClient;
import com.huaweicloud.sdk.iam.v3.model.KeystoneListAuthDomainsRequest;
import com.huaweicloud.sdk.iam.v3.region.IamRegion;
import com.huaweicloud.sdk.scm.v3.ScmClient;
import com.huaweicloud.sdk.scm.v3.model.ListCertificatesRequest;
import com.huaweicloud.sdk.scm.v3.region.ScmRegion;
import com.huaweicloud.sdk.sms.v3.SmsClient;
import com.huaweicloud.sdk.sms.v3.model.ListTasksRequest;
import com.huaweicloud.sdk.sms.v3.region.SmsRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One call of each service, signed with each algorithm of the SDK. */
class SignaturesTest {
    private static final String REGION = System.getenv("HW_REGION_NAME");
    private static final String SK = System.getenv("CLOUD_SDK_SK");
    /** V11-HMAC-SHA256, which the credentials choose and not the configuration. */
    private static final String DERIVED = "DERIVED";

    /** A service, with the cheapest call that reads. */
    private enum Service {
        CCM(false) {
            @Override
            SdkResponse call(String algorithm, String sk) {
                return client(CcmClient.newBuilder(), CcmRegion::valueOf, algorithm, sk)
                        .listCertificateAuthority(new ListCertificateAuthorityRequest());
            }
        },
        SCM(false) {
            @Override
            SdkResponse call(String algorithm, String sk) {
                return client(ScmClient.newBuilder(), ScmRegion::valueOf, algorithm, sk)
                        .listCertificates(new ListCertificatesRequest());
            }
        },
        IAM(false) {
            @Override
            SdkResponse call(String algorithm, String sk) {
                return client(IamClient.newBuilder(), IamRegion::valueOf, algorithm, sk)
                        .keystoneListAuthDomains(new KeystoneListAuthDomainsRequest());
            }
        },
        DCS(true) {
            @Override
            SdkResponse call(String algorithm, String sk) {
                return client(DcsClient.newBuilder(), DcsRegion::valueOf, algorithm, sk)
                        .listInstances(new ListInstancesRequest());
            }
        },
        DDS(true) {
            @Override
            SdkResponse call(String algorithm, String sk) {
                return client(DdsClient.newBuilder(), DdsRegion::valueOf, algorithm, sk)
                        .listInstances(
                                new com.huaweicloud.sdk.dds.v3.model.ListInstancesRequest());
            }
        },
        SMS(false) {
            @Override
            SdkResponse call(String algorithm, String sk) {
                return client(SmsClient.newBuilder(), SmsRegion::valueOf, algorithm, sk)
                        .listTasks(new ListTasksRequest());
            }
        };

        private final boolean project;

        Service(boolean project) {
            this.project = project;
        }

        abstract SdkResponse call(String algorithm, String sk);

        <T> T client(
                ClientBuilder<T> builder,
                Function<String, Region> region,
                String algorithm,
                String sk) {
            HttpConfig config = HttpConfig.getDefaultHttpConfig();
            if (algorithm.equals(DERIVED)) {
                // What the generated clients of services with derived keys do; these have no such
                // line.
                builder.withDerivedAuthServiceName(name().toLowerCase(java.util.Locale.ROOT));
            } else {
                config.withSigningAlgorithm(SigningAlgorithm.valueOf(algorithm));
            }
            return builder
                    .withHttpConfig(config)
                    .withCredential(credentials(project, algorithm, sk))
                    .withRegion(region.apply(REGION))
                    .build();
        }
    }

    private static ICredential credentials(boolean project, String algorithm, String sk) {
        String ak = System.getenv("CLOUD_SDK_AK");
        boolean derived = algorithm.equals(DERIVED);
        if (project) {
            var credentials = new BasicCredentials()
                    .withAk(ak)
                    .withSk(sk)
                    .withProjectId(System.getenv("HUAWEICLOUD_SDK_PROJECT_ID"));
            return derived ? credentials.withDerivedPredicate(request -> true) : credentials;
        }
        var credentials = new GlobalCredentials()
                .withAk(ak)
                .withSk(sk)
                .withDomainId(System.getenv("HUAWEICLOUD_SDK_DOMAIN_ID"));
        return derived ? credentials.withDerivedPredicate(request -> true) : credentials;
    }

    static List<String> algorithms() {
        List<String> names = new ArrayList<>();
        for (SigningAlgorithm algorithm : SigningAlgorithm.values()) {
            names.add(algorithm.name());
        }
        names.add(DERIVED);
        return names;
    }

    static List<Arguments> calls() {
        List<Arguments> calls = new ArrayList<>();
        for (Service service : Service.values()) {
            for (String algorithm : algorithms()) {
                calls.add(Arguments.of(service.name(), algorithm));
            }
        }
        return calls;
    }

    @ParameterizedTest
    @MethodSource("calls")
    void aCallIsAnswered(String service, String algorithm) {
        assertEquals(200, Service.valueOf(service).call(algorithm, SK).getHttpStatusCode());
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    void anotherSecretIsRefused(String algorithm) {
        ClientRequestException refused = assertThrows(
                ClientRequestException.class,
                () -> Service.CCM.call(algorithm, "another" + SK.substring(7)));
        assertEquals(401, refused.getHttpStatusCode());
        assertEquals("APIGW.0301", refused.getErrorCode());
        // The fifth in a row would lock the key for this address; a right one starts the count
        // anew.
        assertEquals(200, Service.CCM.call(algorithm, SK).getHttpStatusCode());
    }
}
