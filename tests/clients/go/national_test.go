// The SM2 pair of the demo, judged by two implementations that are not ours: emmansun/gmsm opens
// the envelopes and verifies the chains, tjfoc/gmsm speaks TLCP with the exported files.
package clients

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer/algorithm"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	ccm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1"
	ccmmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1/model"
	ccmregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1/region"
	"github.com/tjfoc/gmsm/gmtls"
	tjx509 "github.com/tjfoc/gmsm/x509"
)

const patience = 30 * time.Second

func ccmClient(signing algorithm.SigningAlgorithm) *ccm.CcmClient {
	auth := global.NewCredentialsBuilder().
		WithAk(os.Getenv("CLOUD_SDK_AK")).
		WithSk(os.Getenv("CLOUD_SDK_SK")).
		WithDomainId(os.Getenv("HUAWEICLOUD_SDK_DOMAIN_ID")).
		Build()
	return ccm.NewCcmClient(
		ccm.CcmClientBuilder().
			WithRegion(ccmregion.ValueOf(region())).
			WithCredential(auth).
			WithHttpConfig(config.DefaultHttpConfig().WithSigningAlgorithm(signing)).
			Build())
}

// exportPair exports the demo's pair as texts.
func exportPair(t *testing.T, standard, password string) *ccmmodel.ExportCertificateResponse {
	t.Helper()
	body := &ccmmodel.ExportCertificateRequestBody{
		Type:         "OTHER",
		IsCompressed: "false",
		IsSmStandard: &standard,
	}
	if password != "" {
		body.Password = &password
	}
	answer, err := ccmClient(algorithm.HmacSHA256).ExportCertificate(&ccmmodel.ExportCertificateRequest{
		CertificateId: os.Getenv("CHANCERY_DEMO_SM2_CERTIFICATE_ID"),
		Body:          body,
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func sm2Certificates(t *testing.T, text string) []*smx509.Certificate {
	t.Helper()
	var found []*smx509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return found
		}
		certificate, err := smx509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, certificate)
	}
}

func sm2Key(t *testing.T, text string, password ...[]byte) *sm2.PrivateKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	key, err := pkcs8.ParsePKCS8PrivateKeySM2(block.Bytes, password...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func checkPair(t *testing.T, key *sm2.PrivateKey, certificate *smx509.Certificate) {
	t.Helper()
	if !key.PublicKey.Equal(certificate.PublicKey.(*ecdsa.PublicKey)) {
		t.Error("the key does not belong to the certificate")
	}
}

func TestSm2Chains(t *testing.T) {
	answer := exportPair(t, "false", "")
	chain := sm2Certificates(t, *answer.CertificateChain)
	if len(chain) != 2 {
		t.Fatalf("%d issuers", len(chain))
	}
	roots, intermediates := smx509.NewCertPool(), smx509.NewCertPool()
	intermediates.AddCert(chain[0])
	roots.AddCert(chain[1])
	for _, text := range []string{*answer.Certificate, *answer.EncCertificate} {
		leaf := sm2Certificates(t, text)[0]
		paths, err := leaf.Verify(smx509.VerifyOptions{
			Roots:         roots,
			Intermediates: intermediates,
			DNSName:       "www.example.com",
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(paths) != 1 || len(paths[0]) != 3 {
			t.Errorf("paths %v", paths)
		}
		_, err = leaf.Verify(smx509.VerifyOptions{Roots: smx509.NewCertPool()})
		if err == nil {
			t.Error("a chain without a root verifies")
		}
	}
}

func TestSm2Keys(t *testing.T) {
	for _, password := range []string{"", "test"} {
		answer := exportPair(t, "false", password)
		var with [][]byte
		if password != "" {
			with = append(with, []byte(password))
		}
		sign := sm2Certificates(t, *answer.Certificate)[0]
		enc := sm2Certificates(t, *answer.EncCertificate)[0]
		checkPair(t, sm2Key(t, *answer.PrivateKey, with...), sign)
		checkPair(t, sm2Key(t, *answer.EncPrivateKey, with...), enc)
	}
}

func TestSm2Envelopes(t *testing.T) {
	answer := exportPair(t, "true", "")
	key := sm2Key(t, *answer.PrivateKey)
	sign := sm2Certificates(t, *answer.Certificate)[0]
	enc := sm2Certificates(t, *answer.EncCertificate)[0]
	issuer := sm2Certificates(t, *answer.CertificateChain)[0]

	// GM/T 0009.
	envelope, err := base64.StdEncoding.DecodeString(*answer.EncSm2EnvelopedKey)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := sm2.ParseEnvelopedPrivateKey(key, envelope)
	if err != nil {
		t.Fatal(err)
	}
	checkPair(t, opened, enc)

	// GM/T 0010: the recipient is found by the signing certificate, the signer is the issuer.
	envelope, err = base64.StdEncoding.DecodeString(*answer.SignedAndEnvelopedData)
	if err != nil {
		t.Fatal(err)
	}
	message, err := pkcs7.Parse(envelope)
	if err != nil {
		t.Fatal(err)
	}
	content, err := message.DecryptAndVerify(sign, key, message.Verify)
	if err != nil {
		t.Fatal(err)
	}
	if len(content) != 64 || !bytes.Equal(content[:32], make([]byte, 32)) {
		t.Fatalf("the content is %d bytes", len(content))
	}
	if new(big.Int).SetBytes(content).Cmp(opened.D) != 0 {
		t.Error("the envelopes hold two keys")
	}
	if len(message.Certificates) != 1 || !message.Certificates[0].Equal(issuer) {
		t.Error("the signer is not the issuer")
	}
	if signer := message.GetOnlySigner(); signer == nil || !signer.Equal(issuer) {
		t.Error("the signer is not the issuer")
	}
}

// echo serves one TLCP connection with these files and answers what it reads.
func echo(t *testing.T, answer *ccmmodel.ExportCertificateResponse) (string, <-chan error) {
	t.Helper()
	load := func(certificate, key string) gmtls.Certificate {
		pair, err := gmtls.GMX509KeyPairsSingle([]byte(certificate), []byte(key))
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	listener, err := gmtls.Listen("tcp", "127.0.0.1:0", &gmtls.Config{
		GMSupport: gmtls.NewGMSupport(),
		Certificates: []gmtls.Certificate{
			load(*answer.Certificate, *answer.PrivateKey),
			load(*answer.EncCertificate, *answer.EncPrivateKey),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	done := make(chan error, 1)
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			done <- err
			return
		}
		defer connection.Close()
		connection.SetDeadline(time.Now().Add(patience))
		_, err = io.CopyN(connection, connection, 4)
		done <- err
	}()
	return listener.Addr().String(), done
}

func dial(address, host string, trusted ...string) (*gmtls.Conn, error) {
	roots := tjx509.NewCertPool()
	for _, text := range trusted {
		roots.AppendCertsFromPEM([]byte(text))
	}
	return gmtls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address, &gmtls.Config{
		GMSupport:  gmtls.NewGMSupport(),
		ServerName: host,
		RootCAs:    roots,
	})
}

func TestTlcpHandshake(t *testing.T) {
	answer := exportPair(t, "false", "")
	address, done := echo(t, answer)
	// This client looks for the issuers of a pair among what it trusts alone.
	connection, err := dial(address, "www.example.com", *answer.CertificateChain)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(patience))
	state := connection.ConnectionState()
	if state.Version != gmtls.VersionGMSSL {
		t.Errorf("version %#x", state.Version)
	}
	if state.CipherSuite != gmtls.GMTLS_SM2_WITH_SM4_SM3 {
		t.Errorf("cipher suite %#x", state.CipherSuite)
	}
	if len(state.VerifiedChains) == 0 {
		t.Error("the client has not verified the chain")
	}
	if _, err := connection.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	received := make([]byte, 4)
	if _, err := io.ReadFull(connection, received); err != nil || string(received) != "ping" {
		t.Fatalf("%q %v", received, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The key that a server loads may come out of the envelope.
func TestTlcpHandshakeWithTheKeyOfTheEnvelope(t *testing.T) {
	answer := exportPair(t, "true", "")
	envelope, err := base64.StdEncoding.DecodeString(*answer.EncSm2EnvelopedKey)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := sm2.ParseEnvelopedPrivateKey(sm2Key(t, *answer.PrivateKey), envelope)
	if err != nil {
		t.Fatal(err)
	}
	der, err := smx509.MarshalPKCS8PrivateKey(opened)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	answer.EncPrivateKey = &text
	address, done := echo(t, answer)
	connection, err := dial(address, "www.example.com", *answer.CertificateChain)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(patience))
	if _, err := connection.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTlcpClientsThatVerifyRefuse(t *testing.T) {
	answer := exportPair(t, "false", "")
	for name, client := range map[string]struct {
		host    string
		trusted []string
	}{
		"another host": {"other.example.com", []string{*answer.CertificateChain}},
		"no trust":     {"www.example.com", nil},
	} {
		address, _ := echo(t, answer)
		connection, err := dial(address, client.host, client.trusted...)
		if err == nil {
			connection.Close()
			t.Errorf("%s: the handshake succeeds", name)
		}
	}
}
