// Writes java.json: requests signed by the Java SDK, with each algorithm. Run once, with
// com.huaweicloud.sdk:huaweicloud-sdk-core:3.1.130 and what it depends on in the folder lib:
//
//     java -cp 'lib/*' make_java.java > java.json

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.huaweicloud.sdk.core.auth.AKSKSignerFactory;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.auth.SigningAlgorithm;
import com.huaweicloud.sdk.core.http.HttpMethod;
import com.huaweicloud.sdk.core.http.HttpRequest;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

class MakeJava {
    record Input(String name, HttpMethod method, String path, Map<String, List<String>> query, String contentType, String body) {}

    static final String JSON = "application/json";
    static final List<Input> INPUTS = List.of(
        list("list CAs"),
        new Input("export", HttpMethod.POST, "/v1/private-certificates/6434f74f-2d13-4e6a-89eb-93ee313f1a43/export", Map.of(), JSON, "{\"type\":\"NGINX\",\"is_compressed\":\"true\"}"),
        new Input("certkey", HttpMethod.GET, "/v3/tasks/e2ac47e2-05c7-44b0-9e5d-bd6f1b2b4e6c/certkey", Map.of("enable_ca_cert", List.of("true")), JSON, ""),
        new Input("unicode body", HttpMethod.POST, "/v1/private-certificates", Map.of(), JSON, "{\"organization\":\"示例公司\",\"n\":\"é\"}"),
        new Input("spaces, plus and han", HttpMethod.GET, "/v3/scm/certificates", Map.of("content", List.of("a b/c+d&e=f"), "name", List.of("证书 *~")), JSON, ""),
        new Input("sorted list", HttpMethod.GET, "/v2/x/instances", Map.of("status", List.of("CREATING", "RUNNING")), JSON, ""),
        new Input("empty value", HttpMethod.GET, "/v2/x/instances", Map.of("name", List.of(""), "id", List.of("7")), JSON, ""),
        new Input("announced digest", HttpMethod.POST, "/v1/upload", Map.of(), JSON, "{}"));

    public static void main(String[] args) throws Exception {
        var vectors = new ArrayList<Map<String, Object>>();
        for (var algorithm : List.of(SigningAlgorithm.HMAC_SHA256, SigningAlgorithm.HMAC_SM3, SigningAlgorithm.ECDSA_P256_SHA256, SigningAlgorithm.SM2_SM3)) {
            for (int number = 0; number < INPUTS.size(); number++) {
                vectors.add(sign(algorithm, number, INPUTS.get(number)));
            }
        }
        // One coordinate of these two public keys starts with a zero byte.
        vectors.add(sign(SigningAlgorithm.SM2_SM3, 117, list("key with a short x")));
        vectors.add(sign(SigningAlgorithm.SM2_SM3, 137, list("key with a short y")));
        var mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        new PrintStream(System.out, true, "UTF-8").println(mapper.writeValueAsString(vectors));
    }

    static Input list(String name) {
        return new Input(name, HttpMethod.GET, "/v1/private-certificate-authorities", Map.of("limit", List.of("10"), "offset", List.of("0")), JSON, "");
    }

    static Map<String, Object> sign(SigningAlgorithm algorithm, int number, Input input) {
        var secret = "secret-of-vector-" + number + "-+/=é";
        var credentials = new BasicCredentials().withAk(String.format("AKVECTOR%012d", number)).withSk(secret);
        var builder = HttpRequest.newBuilder()
            .withEndpoint("https://chancery.example.com:8443").withPath(input.path()).withMethod(input.method())
            .withContentType(input.contentType()).withBodyAsString(input.body())
            .addHeader("User-Agent", "huaweicloud-usdk-java/3.0")
            .addHeader("X-Domain-Id", "d78cbac186b744899480f25bd022f468")
            .addHeader("X-Sdk-Date", String.format("20260%d15T0%d3000Z", number % 9 + 1, number % 10));
        input.query().forEach(builder::addQueryParam);
        if (input.name().equals("announced digest")) {
            if (!algorithm.name().endsWith("SM3")) {
                builder.addHeader("X-Sdk-Content-Sha256", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
            } else {
                builder.addHeader("X-Sdk-Content-Sm3", "f1a823aaaaafe40e113c7f04dd72c289faf86252c4a9b57cf1d3c9e12547f9ad");
            }
        }
        var request = builder.build();
        var headers = new TreeMap<String, String>();
        request.getHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
        headers.putAll(AKSKSignerFactory.getSigner(algorithm).sign(request, credentials));

        var vector = new LinkedHashMap<String, Object>();
        vector.put("name", input.name());
        vector.put("method", request.getMethod().name());
        vector.put("path", request.getUrl().getPath());
        vector.put("query", request.getUrl().getQuery() == null ? "" : request.getUrl().getQuery());
        vector.put("body", input.body());
        vector.put("secret", secret);
        vector.put("headers", headers);
        return vector;
    }
}
