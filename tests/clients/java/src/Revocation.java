import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/** Where a certificate says that its status is told, and what is found there. */
final class Revocation {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Revocation() {}

    static URI list(X509Certificate certificate) {
        var points = CRLDistPoint.getInstance(
                extension(certificate, Extension.cRLDistributionPoints));
        List<URI> found = new ArrayList<>();
        for (DistributionPoint point : points.getDistributionPoints()) {
            var names = GeneralNames.getInstance(point.getDistributionPoint().getName());
            for (GeneralName name : names.getNames()) {
                found.add(uri(name));
            }
        }
        assertEquals(1, found.size());
        return found.get(0);
    }

    static URI responder(X509Certificate certificate) {
        return access(certificate, AccessDescription.id_ad_ocsp);
    }

    static URI issuer(X509Certificate certificate) {
        return access(certificate, AccessDescription.id_ad_caIssuers);
    }

    private static URI access(X509Certificate certificate, ASN1ObjectIdentifier method) {
        var access = AuthorityInformationAccess.getInstance(
                extension(certificate, Extension.authorityInfoAccess));
        List<URI> found = new ArrayList<>();
        for (AccessDescription one : access.getAccessDescriptions()) {
            if (one.getAccessMethod().equals(method)) {
                found.add(uri(one.getAccessLocation()));
            }
        }
        assertEquals(1, found.size());
        return found.get(0);
    }

    private static URI uri(GeneralName name) {
        assertEquals(GeneralName.uniformResourceIdentifier, name.getTagNo());
        return URI.create(name.getName().toString());
    }

    private static byte[] extension(X509Certificate certificate, ASN1ObjectIdentifier id) {
        return ASN1OctetString.getInstance(certificate.getExtensionValue(id.getId())).getOctets();
    }

    static InputStream get(URI place, String type) throws Exception {
        return send(HttpRequest.newBuilder(place), type);
    }

    static InputStream ask(URI responder, byte[] request) throws Exception {
        var post = HttpRequest.newBuilder(responder)
                .header("Content-Type", "application/ocsp-request")
                .POST(BodyPublishers.ofByteArray(request));
        return send(post, "application/ocsp-response");
    }

    /**
     * Asks again until there is an answer other than null: a revocation does not wait for the list
     * that tells it.
     */
    static <T> T soon(Callable<T> ask) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        T found = ask.call();
        while (found == null) {
            assertTrue(System.nanoTime() < deadline, "it does not come");
            Thread.sleep(100);
            found = ask.call();
        }
        return found;
    }

    private static InputStream send(HttpRequest.Builder request, String type) throws Exception {
        HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
        HttpResponse<byte[]> response = client.send(
                request.timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofByteArray());
        assertEquals(200, response.statusCode());
        assertEquals(type, response.headers().firstValue("Content-Type").orElse(""));
        return new ByteArrayInputStream(response.body());
    }
}
