// The five documented calls as their documentation's sample programs make them.
//
// Each ...Sample is a sample program with its placeholders filled in and its answer returned in
// place of printed. Their only other edits: the samples forget to import "os", and the SMS client
// of this SDK takes project credentials.
package clients

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	ccm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1"
	ccmmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1/model"
	ccmregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1/region"
	dcs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2"
	dcsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2/model"
	dcsregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2/region"
	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	ddsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"
	ddsregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/region"
	scm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/scm/v3"
	scmmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/scm/v3/model"
	scmregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/scm/v3/region"
	sms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sms/v3"
	smsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sms/v3/model"
	smsregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sms/v3/region"
)

func region() string { return os.Getenv("HW_REGION_NAME") }

func ccmSample(password *string) (*ccmmodel.ExportCertificateResponse, error) {
	ak := os.Getenv("CLOUD_SDK_AK")
	sk := os.Getenv("CLOUD_SDK_SK")

	auth := global.NewCredentialsBuilder().
		WithAk(ak).
		WithSk(sk).
		Build()

	client := ccm.NewCcmClient(
		ccm.CcmClientBuilder().
			WithRegion(ccmregion.ValueOf(region())).
			WithCredential(auth).
			Build())

	request := &ccmmodel.ExportCertificateRequest{}
	request.CertificateId = os.Getenv("CHANCERY_DEMO_CERTIFICATE_ID")
	request.Body = &ccmmodel.ExportCertificateRequestBody{
		Password:     password,
		Type:         "other",
		IsCompressed: "false",
	}
	return client.ExportCertificate(request)
}

func scmSample() (*scmmodel.ExportCertificateResponse, error) {
	ak := os.Getenv("CLOUD_SDK_AK")
	sk := os.Getenv("CLOUD_SDK_SK")

	auth := global.NewCredentialsBuilder().
		WithAk(ak).
		WithSk(sk).
		Build()

	client := scm.NewScmClient(
		scm.ScmClientBuilder().
			WithRegion(scmregion.ValueOf(region())).
			WithCredential(auth).
			Build())

	request := &scmmodel.ExportCertificateRequest{}
	request.CertificateId = os.Getenv("CHANCERY_DEMO_SCM_CERTIFICATE_ID")
	return client.ExportCertificate(request)
}

func dcsSample() (*dcsmodel.DownloadSslCertResponse, error) {
	ak := os.Getenv("CLOUD_SDK_AK")
	sk := os.Getenv("CLOUD_SDK_SK")
	projectId := os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID")

	auth := basic.NewCredentialsBuilder().
		WithAk(ak).
		WithSk(sk).
		WithProjectId(projectId).
		Build()

	client := dcs.NewDcsClient(
		dcs.DcsClientBuilder().
			WithRegion(dcsregion.ValueOf(region())).
			WithCredential(auth).
			Build())

	request := &dcsmodel.DownloadSslCertRequest{}
	request.InstanceId = os.Getenv("CHANCERY_DEMO_DCS_INSTANCE_ID")
	return client.DownloadSslCert(request)
}

// ddsSample is the DCS sample with the other service's names: this documentation has none.
func ddsSample() (*ddsmodel.ListSslCertDownloadAddressResponse, error) {
	ak := os.Getenv("CLOUD_SDK_AK")
	sk := os.Getenv("CLOUD_SDK_SK")
	projectId := os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID")

	auth := basic.NewCredentialsBuilder().
		WithAk(ak).
		WithSk(sk).
		WithProjectId(projectId).
		Build()

	client := dds.NewDdsClient(
		dds.DdsClientBuilder().
			WithRegion(ddsregion.ValueOf(region())).
			WithCredential(auth).
			Build())

	request := &ddsmodel.ListSslCertDownloadAddressRequest{}
	request.InstanceId = os.Getenv("CHANCERY_DEMO_DDS_INSTANCE_ID")
	return client.ListSslCertDownloadAddress(request)
}

func smsSample() (*smsmodel.ShowCertKeyResponse, error) {
	ak := os.Getenv("CLOUD_SDK_AK")
	sk := os.Getenv("CLOUD_SDK_SK")

	auth := basic.NewCredentialsBuilder().
		WithAk(ak).
		WithSk(sk).
		WithProjectId(os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID")).
		Build()

	client := sms.NewSmsClient(
		sms.SmsClientBuilder().
			WithRegion(smsregion.ValueOf(region())).
			WithCredential(auth).
			Build())

	request := &smsmodel.ShowCertKeyRequest{}
	request.TaskId = os.Getenv("CHANCERY_DEMO_SMS_TASK_ID")
	return client.ShowCertKey(request)
}

func TestPrivateCertificate(t *testing.T) {
	response, err := ccmSample(nil)
	check(t, err)
	leaf := one(t, *response.Certificate)
	verify(t, leaf, certificates(t, *response.CertificateChain))
	checkKey(t, leaf, *response.PrivateKey)
}

// Go's standard library reads no encrypted keys: that a password is used shows in the label.
func TestPrivateCertificateWithPassword(t *testing.T) {
	password := "test"
	response, err := ccmSample(&password)
	check(t, err)
	block, rest := pem.Decode([]byte(*response.PrivateKey))
	if block == nil || block.Type != "ENCRYPTED PRIVATE KEY" || len(rest) != 0 {
		t.Fatalf("not an encrypted key: %v", block)
	}
	verify(t, one(t, *response.Certificate), certificates(t, *response.CertificateChain))
}

func TestStoreCertificate(t *testing.T) {
	response, err := scmSample()
	check(t, err)
	leaf, chain := one(t, *response.Certificate), certificates(t, *response.CertificateChain)
	verify(t, leaf, chain)
	checkKey(t, leaf, *response.PrivateKey)
	entire := certificates(t, *response.EntireCertificate)
	if len(entire) != 1+len(chain) || !entire[0].Equal(leaf) {
		t.Fatalf("%d certificates in entire_certificate, %d in the chain", len(entire), len(chain))
	}
}

func TestRedisCertificate(t *testing.T) {
	response, err := dcsSample()
	check(t, err)
	link, err := url.Parse(*response.Link)
	check(t, err)
	if !strings.HasSuffix(*response.FileName, ".crt") || !strings.HasSuffix(link.Path, "/"+*response.FileName) {
		t.Fatalf("file name %s, link %s", *response.FileName, link)
	}
	if !strings.Contains(link.Path, "/"+*response.BucketName+"/") {
		t.Fatalf("bucket %s, link %s", *response.BucketName, link)
	}
	root := one(t, fetch(t, *response.Link))
	verify(t, root, []*x509.Certificate{root})
}

func TestMongoCertificate(t *testing.T) {
	response, err := ddsSample()
	check(t, err)
	if len(*response.Certs) != 1 || (*response.Certs)[0].Category.Value() != "international" {
		t.Fatalf("%v", *response.Certs)
	}
	root := one(t, fetch(t, (*response.Certs)[0].DownloadLink))
	verify(t, root, []*x509.Certificate{root})
}

func TestMigrationCertificates(t *testing.T) {
	response, err := smsSample()
	check(t, err)
	root := one(t, *response.Ca)
	for certificate, key := range map[string]string{
		*response.Cert:           *response.PrivateKey,
		*response.TargetMgmtCert: *response.TargetMgmtPrivateKey,
		*response.TargetDataCert: *response.TargetDataPrivateKey,
	} {
		leaf := one(t, certificate)
		verify(t, leaf, []*x509.Certificate{root})
		checkKey(t, leaf, key)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func certificates(t *testing.T, text string) []*x509.Certificate {
	t.Helper()
	var found []*x509.Certificate
	for rest := []byte(text); len(rest) > 0; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			t.Fatalf("no certificate: %q", rest)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		check(t, err)
		found = append(found, certificate)
	}
	return found
}

func one(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	found := certificates(t, text)
	if len(found) != 1 {
		t.Fatalf("%d certificates", len(found))
	}
	return found[0]
}

// verify lets crypto/x509 find the way from leaf to the root, which is the last of chain.
func verify(t *testing.T, leaf *x509.Certificate, chain []*x509.Certificate) {
	t.Helper()
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	for _, certificate := range chain {
		options.Intermediates.AddCert(certificate)
	}
	options.Roots.AddCert(chain[len(chain)-1])
	_, err := leaf.Verify(options)
	check(t, err)
}

// checkKey wants the key in the form of the seeds (PKCS#1) or PKCS#8, and the certificate's own.
func checkKey(t *testing.T, leaf *x509.Certificate, text string) {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no key")
	}
	var key any
	var err error
	if block.Type == "RSA PRIVATE KEY" {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	check(t, err)
	public, err := x509.MarshalPKIXPublicKey(key.(crypto.Signer).Public())
	check(t, err)
	if string(public) != string(leaf.RawSubjectPublicKeyInfo) {
		t.Fatal("the key is not the certificate's")
	}
}

// fetch gets a link with the trust of SSL_CERT_FILE.
func fetch(t *testing.T, link string) string {
	t.Helper()
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Get(link)
	check(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(t, err)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", response.Status, body)
	}
	return string(body)
}
