// Revocation as a relying party sees it, who has a certificate and goes where that says: lists by
// crypto/x509, answers of OCSP by golang.org/x/crypto/ocsp.
package clients

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Reasons of RFC 5280, section 5.3.1.
const (
	keyCompromise        = 1
	superseded           = 4
	cessationOfOperation = 5
)

var errRevoked = errors.New("the certificate is revoked")

var (
	oidReason      = asn1.ObjectIdentifier{2, 5, 29, 21}
	oidNonce       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
	oidOcspNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidSha1        = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
)

// download gets what a certificate names, which has to be of this media type.
func download(link, media string) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	return send(request, media)
}

func send(request *http.Request, media string) ([]byte, error) {
	client := http.Client{Timeout: patience}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != media {
		return nil, fmt.Errorf("%s: %s, %s", request.URL, response.Status, got)
	}
	return body, nil
}

// newestList fetches the list that a certificate names and checks that its issuer has signed it.
func newestList(certificate, issuer *x509.Certificate) (*x509.RevocationList, error) {
	if len(certificate.CRLDistributionPoints) != 1 {
		return nil, fmt.Errorf("%v", certificate.CRLDistributionPoints)
	}
	der, err := download(certificate.CRLDistributionPoints[0], "application/pkix-crl")
	if err != nil {
		return nil, err
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, err
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return nil, err
	}
	now := time.Now()
	if now.After(list.NextUpdate) || list.ThisUpdate.After(now) {
		return nil, fmt.Errorf("a list for %s to %s", list.ThisUpdate, list.NextUpdate)
	}
	if !bytes.Equal(list.RawIssuer, issuer.RawSubject) || list.Number == nil {
		return nil, errors.New("a list of another issuer, or without a number")
	}
	return list, nil
}

// listed tells the reason in a list; without that extension it is unspecified. These are the entries
// that Go 1.19 knows.
func listed(entries []pkix.RevokedCertificate, serial *big.Int) (reason int, found bool, err error) {
	for _, entry := range entries {
		if entry.SerialNumber.Cmp(serial) != 0 {
			continue
		}
		for _, extension := range entry.Extensions {
			if extension.Id.Equal(oidReason) {
				var value asn1.Enumerated
				_, err = asn1.Unmarshal(extension.Value, &value)
				return int(value), true, err
			}
		}
		return 0, true, nil
	}
	return 0, false, nil
}

// unrevoked is what this language leaves to its users: no certificate of the path is on the list of
// its issuer.
func unrevoked(path []*x509.Certificate) error {
	for place, issuer := range path[1:] {
		certificate := path[place]
		list, err := newestList(certificate, issuer)
		if err != nil {
			return err
		}
		_, found, err := listed(list.RevokedCertificates, certificate.SerialNumber)
		if err != nil {
			return err
		}
		if found {
			return fmt.Errorf("%w: %s", errRevoked, certificate.Subject)
		}
	}
	return nil
}

// soon asks again until the answer is yes: a revocation does not wait for the list that tells it.
func soon(t *testing.T, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ask(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come")
		}
	}
}

func wantListed(t *testing.T, certificate, issuer *x509.Certificate, reason int) {
	t.Helper()
	var got int
	soon(t, func() bool {
		list, err := newestList(certificate, issuer)
		check(t, err)
		var found bool
		got, found, err = listed(list.RevokedCertificates, certificate.SerialNumber)
		check(t, err)
		return found
	})
	if got != reason {
		t.Errorf("reason %d", got)
	}
}

// ocspResponder is where the certificate says that its status is told.
func ocspResponder(t *testing.T, certificate *x509.Certificate) string {
	t.Helper()
	if len(certificate.OCSPServer) != 1 {
		t.Fatal(certificate.OCSPServer)
	}
	return certificate.OCSPServer[0]
}

func post(t *testing.T, link string, body []byte) []byte {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, link, bytes.NewReader(body))
	check(t, err)
	request.Header.Set("Content-Type", "application/ocsp-request")
	answer, err := send(request, "application/ocsp-response")
	check(t, err)
	return answer
}

// status asks by POST and by GET, with each hash that names an issuer; the answers have to agree.
func status(t *testing.T, certificate, issuer *x509.Certificate) *ocsp.Response {
	t.Helper()
	var last *ocsp.Response
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		request, err := ocsp.CreateRequest(certificate, issuer, &ocsp.RequestOptions{Hash: hash})
		check(t, err)
		link := ocspResponder(t, certificate)
		text := url.PathEscape(base64.StdEncoding.EncodeToString(request))
		got, err := download(link+"/"+text, "application/ocsp-response")
		check(t, err)
		for _, der := range [][]byte{post(t, link, request), got} {
			// The signature of the answer, and the issuer's below the responder's certificate.
			answer, err := ocsp.ParseResponseForCert(der, certificate, issuer)
			check(t, err)
			if answer.IssuerHash != hash || answer.SerialNumber.Cmp(certificate.SerialNumber) != 0 {
				t.Errorf("an answer about %v %s", answer.IssuerHash, answer.SerialNumber)
			}
			now := time.Now()
			if now.After(answer.NextUpdate) || answer.ThisUpdate.After(now) {
				t.Errorf("an answer for %s to %s", answer.ThisUpdate, answer.NextUpdate)
			}
			if last != nil && (last.Status != answer.Status || last.RevocationReason != answer.RevocationReason) {
				t.Errorf("%d and %d", last.Status, answer.Status)
			}
			last = answer
		}
	}
	return last
}

func wantStatus(t *testing.T, certificate, issuer *x509.Certificate, wanted, reason int) {
	t.Helper()
	answer := status(t, certificate, issuer)
	if answer.Status != wanted || answer.RevocationReason != reason {
		t.Errorf("status %d, reason %d", answer.Status, answer.RevocationReason)
	}
	if wanted == ocsp.Revoked && answer.RevokedAt.After(time.Now()) {
		t.Errorf("revoked at %s", answer.RevokedAt)
	}
}

// path verifies a leaf up to the root and answers the way.
func path(t *testing.T, leaf *x509.Certificate, chain []*x509.Certificate, usage x509.ExtKeyUsage) []*x509.Certificate {
	t.Helper()
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		KeyUsages:     []x509.ExtKeyUsage{usage},
	}
	options.Intermediates.AddCert(chain[0])
	options.Roots.AddCert(chain[len(chain)-1])
	paths, err := leaf.Verify(options)
	check(t, err)
	return paths[0]
}

func TestRevocation(t *testing.T) {
	for _, family := range []struct{ key, hash string }{{"RSA2048", "SHA256"}, {"EC384", "SHA384"}} {
		t.Run(family.key, func(t *testing.T) {
			h := newHierarchy(t, family.key, family.hash)
			id := h.issue(t)
			exported := h.export(t, id)
			leaf := one(t, *exported.Certificate)
			chain := certificates(t, *exported.CertificateChain)
			issuer, root := chain[0], chain[1]

			whole := path(t, leaf, chain, x509.ExtKeyUsageAny)
			check(t, unrevoked(whole))
			wantStatus(t, leaf, issuer, ocsp.Good, 0)
			wantStatus(t, issuer, root, ocsp.Good, 0)
			for _, link := range []struct{ certificate, issuer *x509.Certificate }{{leaf, issuer}, {issuer, root}} {
				der, err := download(link.certificate.IssuingCertificateURL[0], "application/pkix-cert")
				check(t, err)
				if !bytes.Equal(der, link.issuer.Raw) {
					t.Error("another issuer is named")
				}
			}

			// By OCSP at once, on the list soon.
			h.revoke(t, id, "KEY_COMPROMISE")
			wantStatus(t, leaf, issuer, ocsp.Revoked, keyCompromise)
			wantListed(t, leaf, issuer, keyCompromise)
			if err := unrevoked(whole); !errors.Is(err, errRevoked) {
				t.Error(err)
			}

			// Nothing is said of the authority that has revoked it, until it is revoked itself.
			check(t, unrevoked(whole[1:]))
			wantStatus(t, issuer, root, ocsp.Good, 0)
			h.revokeIssuer(t, "CESSATION_OF_OPERATION")
			wantStatus(t, issuer, root, ocsp.Revoked, cessationOfOperation)
			wantListed(t, issuer, root, cessationOfOperation)
			if err := unrevoked(whole[1:]); !errors.Is(err, errRevoked) {
				t.Error(err)
			}
		})
	}
}

func TestOcspResponders(t *testing.T) {
	h := newHierarchy(t, "EC256", "SHA256")
	exported := h.export(t, h.issue(t))
	leaf, chain := one(t, *exported.Certificate), certificates(t, *exported.CertificateChain)
	issuer, root := chain[0], chain[1]

	// The issuer lets another key answer, for OCSP and nothing else.
	answer := status(t, leaf, issuer)
	responder := answer.Certificate
	if responder == nil || bytes.Equal(responder.RawSubjectPublicKeyInfo, issuer.RawSubjectPublicKeyInfo) {
		t.Fatal("no responder of its own")
	}
	check(t, responder.CheckSignatureFrom(issuer))
	path(t, responder, chain, x509.ExtKeyUsageOCSPSigning)
	if len(responder.ExtKeyUsage) != 1 || len(responder.UnknownExtKeyUsage) != 0 || responder.IsCA {
		t.Error(responder.ExtKeyUsage, responder.UnknownExtKeyUsage, responder.IsCA)
	}
	if responder.KeyUsage != x509.KeyUsageDigitalSignature {
		t.Errorf("key usage %b", responder.KeyUsage)
	}
	noCheck := false
	for _, extension := range responder.Extensions {
		noCheck = noCheck || extension.Id.Equal(oidOcspNoCheck)
	}
	if !noCheck {
		t.Error("who asks about a responder would ask that responder")
	}

	// Answers of another authority, and ones that were changed, are not taken for this one's.
	if _, err := ocsp.ParseResponseForCert(answer.Raw, leaf, root); err == nil {
		t.Error("an answer in the name of another authority")
	}
	serial := leaf.SerialNumber.Bytes()
	other := append([]byte{}, serial...)
	other[len(other)-1] ^= 1
	changed := bytes.Replace(answer.Raw, serial, other, 1)
	if bytes.Equal(changed, answer.Raw) {
		t.Fatal("nothing is changed")
	}
	if _, err := ocsp.ParseResponse(changed, issuer); err == nil {
		t.Error("an answer about another certificate verifies")
	}

	// A serial number that was never given.
	stranger := *leaf
	stranger.SerialNumber = new(big.Int).Add(leaf.SerialNumber, big.NewInt(1))
	wantStatus(t, &stranger, issuer, ocsp.Unknown, 0)
	// A certificate of an authority that is not of this desk.
	request, err := ocsp.CreateRequest(leaf, leaf, nil)
	check(t, err)
	_, err = ocsp.ParseResponse(post(t, ocspResponder(t, leaf), request), nil)
	var refused ocsp.ResponseError
	if !errors.As(err, &refused) || refused.Status != ocsp.Unauthorized {
		t.Errorf("about a certificate of another desk: %v", err)
	}
}

// A certificate's id and a request with a nonce (RFC 6960, section 4.1.1).
type (
	certID struct {
		Hash     pkix.AlgorithmIdentifier
		NameHash []byte
		KeyHash  []byte
		Serial   *big.Int
	}
	ocspRequest struct {
		Tbs struct {
			List []struct{ ID certID }
			// The nonce is an OCTET STRING, within the one that each extension is.
			Extensions []pkix.Extension `asn1:"explicit,tag:2"`
		}
	}
)

func requestWithNonce(t *testing.T, id certID, nonce []byte) []byte {
	t.Helper()
	value, err := asn1.Marshal(nonce)
	check(t, err)
	var request ocspRequest
	request.Tbs.List = []struct{ ID certID }{{id}}
	request.Tbs.Extensions = []pkix.Extension{{Id: oidNonce, Value: value}}
	der, err := asn1.Marshal(request)
	check(t, err)
	return der
}

// keyHash hashes the bits of the public key, without what says how long they are.
func keyHash(t *testing.T, spki []byte, hash func([]byte) []byte) []byte {
	t.Helper()
	var key struct {
		Algorithm pkix.AlgorithmIdentifier
		Bits      asn1.BitString
	}
	_, err := asn1.Unmarshal(spki, &key)
	check(t, err)
	return hash(key.Bits.RightAlign())
}

// Base64 has '/', '+' and '=', which clients write into a path as they are, or escaped.
func TestOcspByGet(t *testing.T) {
	h := newHierarchy(t, "EC256", "SHA256")
	exported := h.export(t, h.issue(t))
	leaf, issuer := one(t, *exported.Certificate), certificates(t, *exported.CertificateChain)[0]
	sum := func(data []byte) []byte { hash := sha1.Sum(data); return hash[:] }
	id := certID{
		Hash:     pkix.AlgorithmIdentifier{Algorithm: oidSha1, Parameters: asn1.NullRawValue},
		NameHash: sum(issuer.RawSubject),
		KeyHash:  keyHash(t, issuer.RawSubjectPublicKeyInfo, sum),
		Serial:   leaf.SerialNumber,
	}

	// Up to the longest nonce (RFC 9654): the end of the text depends on it.
	var nonce []byte
	var text string
	for length := 16; !strings.Contains(text, "/") || !strings.Contains(text, "+") || !strings.HasSuffix(text, "="); {
		nonce = make([]byte, length)
		_, err := rand.Read(nonce)
		check(t, err)
		text = base64.StdEncoding.EncodeToString(requestWithNonce(t, id, nonce))
		length = 16 + (length-15)%17
	}
	slashes := strings.NewReplacer("/", "%2F")
	for name, written := range map[string]string{
		"as it is":         text,
		"slashes escaped":  slashes.Replace(text),
		"in small letters": strings.NewReplacer("/", "%2f", "+", "%2b", "=", "%3d").Replace(text),
		"all escaped":      url.QueryEscape(text),
		"without the end":  slashes.Replace(strings.TrimRight(text, "=")),
	} {
		t.Run(name, func(t *testing.T) {
			der, err := download(ocspResponder(t, leaf)+"/"+written, "application/ocsp-response")
			check(t, err)
			answer, err := ocsp.ParseResponseForCert(der, leaf, issuer)
			check(t, err)
			if answer.Status != ocsp.Good {
				t.Errorf("status %d", answer.Status)
			}
			if !bytes.Contains(answer.TBSResponseData, nonce) {
				t.Error("the answer is to another request")
			}
		})
	}
}
