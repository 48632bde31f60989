import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whether Java reads each certificate of a folder, and verifies it up to one of those in the folder ROOTS,
 * with all that are in the folder ALL between them: {@code Judge FOLDER ROOTS ALL}. Writes a line for each,
 * its name and, after a space, what is wrong with it.
 */
public final class Judge {
    private final CertificateFactory factory = CertificateFactory.getInstance("X.509");
    private final Set<TrustAnchor> anchors = new HashSet<>();
    private final CertStore between;

    private Judge(Path roots, Path all) throws GeneralSecurityException, IOException {
        for (Path file : files(roots)) {
            anchors.add(new TrustAnchor(read(file), null));
        }
        List<X509Certificate> found = new ArrayList<>();
        for (Path file : files(all)) {
            found.add(read(file));
        }
        between = CertStore.getInstance("Collection", new CollectionCertStoreParameters(found));
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private X509Certificate read(Path file) throws GeneralSecurityException, IOException {
        try (var stream = Files.newInputStream(file)) {
            return (X509Certificate) factory.generateCertificate(stream);
        }
    }

    private void verify(Path file) throws GeneralSecurityException, IOException {
        X509Certificate certificate = read(file);
        certificate.getSubjectX500Principal().getName();
        certificate.getSubjectAlternativeNames();
        certificate.getExtendedKeyUsage();
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(certificate);
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
        parameters.addCertStore(between);
        parameters.setRevocationEnabled(false);
        parameters.setMaxPathLength(-1);
        CertPathBuilder.getInstance("PKIX").build(parameters);
    }

    public static void main(String[] arguments) throws GeneralSecurityException, IOException {
        Judge judge = new Judge(Path.of(arguments[1]), Path.of(arguments[2]));
        StringBuilder said = new StringBuilder();
        for (Path file : files(Path.of(arguments[0]))) {
            String wrong = "";
            try {
                judge.verify(file);
            } catch (GeneralSecurityException | RuntimeException error) {
                Throwable cause = error.getCause() == null ? error : error.getCause();
                wrong = String.valueOf(cause).replaceAll("\\s+", " ");
            }
            said.append(file.getFileName()).append(' ').append(wrong).append('\n');
        }
        System.out.print(said);
    }
}
