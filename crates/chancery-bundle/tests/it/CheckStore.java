import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Collections;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Loads a key store and checks that its key fits its certificate and that every certificate is
 * signed by the next; or decrypts a PEM key and checks that it fits the certificate of a store.
 *
 * Arguments: TYPE FILE PASSWORD, or PEM FILE PASSWORD STORE_TYPE STORE_FILE.
 */
public class CheckStore {
    public static void main(String[] arguments) throws Exception {
        String password = arguments[2];
        if (arguments[0].equals("PEM")) {
            KeyStore store = load(arguments[3], arguments[4], password);
            Certificate leaf = store.getCertificateChain(onlyAlias(store))[0];
            checkPair(readPem(arguments[1], password, leaf), leaf.getPublicKey());
            System.out.println("fits " + leaf.getPublicKey().getAlgorithm());
            return;
        }
        KeyStore store = load(arguments[0], arguments[1], password);
        String alias = onlyAlias(store);
        Key key = store.getKey(alias, password.toCharArray());
        Certificate[] chain = store.getCertificateChain(alias);
        checkPair((PrivateKey) key, chain[0].getPublicKey());
        for (int i = 0; i < chain.length; i++) {
            chain[i].verify(chain[Math.min(i + 1, chain.length - 1)].getPublicKey());
        }
        System.out.println(alias + " " + key.getAlgorithm() + " " + key.getFormat() + " "
            + chain.length + " " + store.getCreationDate(alias).getTime());
    }

    static KeyStore load(String type, String file, String password) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        try (FileInputStream in = new FileInputStream(file)) {
            store.load(in, password.toCharArray());
        }
        return store;
    }

    static String onlyAlias(KeyStore store) throws Exception {
        if (store.size() != 1) {
            throw new Exception(store.size() + " entries");
        }
        return Collections.list(store.aliases()).get(0);
    }

    static PrivateKey readPem(String file, String password, Certificate leaf) throws Exception {
        String body = Files.readString(Path.of(file)).replaceAll("-----.*-----", "");
        EncryptedPrivateKeyInfo info =
            new EncryptedPrivateKeyInfo(Base64.getMimeDecoder().decode(body));
        // The algorithm's name is that of its parameters: PBEWithHmacSHA256AndAES_256.
        String algorithm = info.getAlgParameters().toString();
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
            Cipher.DECRYPT_MODE,
            SecretKeyFactory.getInstance(algorithm)
                .generateSecret(new PBEKeySpec(password.toCharArray())),
            info.getAlgParameters());
        return KeyFactory.getInstance(leaf.getPublicKey().getAlgorithm())
            .generatePrivate(info.getKeySpec(cipher));
    }

    static void checkPair(PrivateKey key, PublicKey certified) throws Exception {
        String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
        byte[] message = "chancery".getBytes();
        Signature signer = Signature.getInstance(algorithm);
        signer.initSign(key);
        signer.update(message);
        byte[] signature = signer.sign();
        Signature verifier = Signature.getInstance(algorithm);
        verifier.initVerify(certified);
        verifier.update(message);
        if (!verifier.verify(signature)) {
            throw new Exception("the key does not fit the certificate");
        }
    }
}
