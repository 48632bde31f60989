// Revocation under an SM2 authority, judged by emmansun/gmsm. It has no OCSP: answers are taken apart
// by encoding/asn1, and their signatures and certificates are gmsm's to verify.
package clients

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/ocsp"
)

// The user id of GM/T 0009, section 10, with which everything is signed that has no other.
const defaultUserID = "1234567812345678"

var (
	oidSm3        = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 401}
	oidSm2WithSm3 = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}
	oidBasic      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
)

// An answer (RFC 6960, section 4.2.1).
type (
	ocspResponse struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type  asn1.ObjectIdentifier
			Basic []byte
		} `asn1:"explicit,tag:0"`
	}
	basicResponse struct {
		Tbs          asn1.RawValue
		Algorithm    pkix.AlgorithmIdentifier
		Signature    asn1.BitString
		Certificates []asn1.RawValue `asn1:"explicit,tag:0"`
	}
	responseData struct {
		Responder asn1.RawValue
		Produced  time.Time `asn1:"generalized"`
		Responses []singleResponse
		// The nonce that was asked with.
		Extensions []pkix.Extension `asn1:"explicit,tag:1"`
	}
	singleResponse struct {
		ID         certID
		Good       asn1.Flag   `asn1:"tag:0,optional"`
		Revoked    revokedInfo `asn1:"tag:1,optional"`
		Unknown    asn1.Flag   `asn1:"tag:2,optional"`
		ThisUpdate time.Time   `asn1:"generalized"`
		NextUpdate time.Time   `asn1:"generalized,explicit,tag:0"`
	}
	revokedInfo struct {
		Time   time.Time       `asn1:"generalized"`
		Reason asn1.Enumerated `asn1:"explicit,tag:0,optional"`
	}
)

func decode(t *testing.T, der []byte, value any) {
	t.Helper()
	rest, err := asn1.Unmarshal(der, value)
	check(t, err)
	if len(rest) != 0 {
		t.Fatal("trailing data")
	}
}

func signedBySm2(t *testing.T, signer *smx509.Certificate, signed, signature []byte) {
	t.Helper()
	key := signer.PublicKey.(*ecdsa.PublicKey)
	if !sm2.VerifyASN1WithSM2(key, []byte(defaultUserID), signed, signature) {
		t.Error("the signature does not verify")
	}
	if sm2.VerifyASN1WithSM2(key, []byte("another"), signed, signature) {
		t.Error("the signature verifies with any user id")
	}
}

// sm2Status asks with an SM3 hash of the issuer's name and key, and verifies the answer.
func sm2Status(t *testing.T, certificate, issuer, root *smx509.Certificate) (status int, reason int) {
	t.Helper()
	sum := func(data []byte) []byte { hash := sm3.Sum(data); return hash[:] }
	id := certID{
		Hash:     pkix.AlgorithmIdentifier{Algorithm: oidSm3},
		NameHash: sum(issuer.RawSubject),
		KeyHash:  keyHash(t, issuer.RawSubjectPublicKeyInfo, sum),
		Serial:   certificate.SerialNumber,
	}
	nonce := make([]byte, 16)
	_, err := rand.Read(nonce)
	check(t, err)

	var response ocspResponse
	decode(t, post(t, certificate.OCSPServer[0], requestWithNonce(t, id, nonce)), &response)
	if response.Status != 0 || !response.Bytes.Type.Equal(oidBasic) {
		t.Fatalf("status %d, type %s", response.Status, response.Bytes.Type)
	}
	var basic basicResponse
	decode(t, response.Bytes.Basic, &basic)
	if !basic.Algorithm.Algorithm.Equal(oidSm2WithSm3) || len(basic.Certificates) != 1 {
		t.Fatalf("%s, %d certificates", basic.Algorithm.Algorithm, len(basic.Certificates))
	}

	// The responder has a key of its own, and the right to answer for this issuer.
	responder, err := smx509.ParseCertificate(basic.Certificates[0].FullBytes)
	check(t, err)
	signedBySm2(t, responder, basic.Tbs.FullBytes, basic.Signature.RightAlign())
	check(t, responder.CheckSignatureFrom(issuer))
	roots, intermediates := smx509.NewCertPool(), smx509.NewCertPool()
	roots.AddCert(root)
	intermediates.AddCert(issuer)
	_, err = responder.Verify(smx509.VerifyOptions{
		Roots:         roots,
		Intermediates: intermediates,
		KeyUsages:     []smx509.ExtKeyUsage{smx509.ExtKeyUsageOCSPSigning},
	})
	check(t, err)
	if len(responder.ExtKeyUsage) != 1 || responder.ExtKeyUsage[0] != smx509.ExtKeyUsageOCSPSigning || responder.IsCA {
		t.Error(responder.ExtKeyUsage, responder.IsCA)
	}
	if bytes.Equal(responder.RawSubjectPublicKeyInfo, issuer.RawSubjectPublicKeyInfo) {
		t.Error("no key of its own")
	}

	var data responseData
	decode(t, basic.Tbs.FullBytes, &data)
	if len(data.Responses) != 1 || len(data.Extensions) != 1 {
		t.Fatalf("%d answers, %d extensions", len(data.Responses), len(data.Extensions))
	}
	var echo []byte
	decode(t, data.Extensions[0].Value, &echo)
	if !data.Extensions[0].Id.Equal(oidNonce) || !bytes.Equal(echo, nonce) {
		t.Error("the answer is to another request")
	}
	answer := data.Responses[0]
	if answer.ID.Serial.Cmp(id.Serial) != 0 || !bytes.Equal(answer.ID.KeyHash, id.KeyHash) {
		t.Error("the answer is about another certificate")
	}
	now := time.Now()
	if now.After(answer.NextUpdate) || answer.ThisUpdate.After(now) {
		t.Errorf("an answer for %s to %s", answer.ThisUpdate, answer.NextUpdate)
	}
	switch {
	case bool(answer.Good):
		return ocsp.Good, 0
	case bool(answer.Unknown):
		return ocsp.Unknown, 0
	default:
		return ocsp.Revoked, int(answer.Revoked.Reason)
	}
}

// sm2Listed looks into the list that a certificate names, after gmsm has verified it.
func sm2Listed(t *testing.T, certificate, issuer *smx509.Certificate) (reason int, found bool) {
	t.Helper()
	der, err := download(certificate.CRLDistributionPoints[0], "application/pkix-crl")
	check(t, err)
	list, err := smx509.ParseDERCRL(der)
	check(t, err)
	check(t, issuer.CheckCRLSignature(list))
	signedBySm2(t, issuer, list.TBSCertList.Raw, list.SignatureValue.RightAlign())
	if list.HasExpired(time.Now()) {
		t.Error("the list has run out")
	}
	reason, found, err = listed(list.TBSCertList.RevokedCertificates, certificate.SerialNumber)
	check(t, err)
	return reason, found
}

func TestSm2Revocation(t *testing.T) {
	h := newHierarchy(t, "SM2", "SM3")
	id := h.issue(t)
	exported := h.export(t, id)
	chain := sm2Certificates(t, *exported.CertificateChain)
	issuer, root := chain[0], chain[1]
	var pair []*smx509.Certificate
	for _, text := range []string{*exported.Certificate, *exported.EncCertificate} {
		pair = append(pair, sm2Certificates(t, text)...)
	}
	good := func(certificate, issuer *smx509.Certificate) {
		t.Helper()
		if _, found := sm2Listed(t, certificate, issuer); found {
			t.Error("the certificate is listed")
		}
		if status, _ := sm2Status(t, certificate, issuer, root); status != ocsp.Good {
			t.Errorf("status %d", status)
		}
	}
	revoked := func(certificate, issuer *smx509.Certificate, wanted int) {
		t.Helper()
		if status, reason := sm2Status(t, certificate, issuer, root); status != ocsp.Revoked || reason != wanted {
			t.Errorf("status %d, reason %d", status, reason)
		}
		var reason int
		soon(t, func() (found bool) {
			reason, found = sm2Listed(t, certificate, issuer)
			return found
		})
		if reason != wanted {
			t.Errorf("reason %d", reason)
		}
	}

	good(issuer, root)
	for _, half := range pair {
		good(half, issuer)
	}
	h.revoke(t, id, "KEY_COMPROMISE")
	for _, half := range pair {
		revoked(half, issuer, keyCompromise)
	}
	stranger := *pair[0]
	stranger.SerialNumber = new(big.Int).Add(pair[0].SerialNumber, big.NewInt(1))
	if status, _ := sm2Status(t, &stranger, issuer, root); status != ocsp.Unknown {
		t.Errorf("status %d", status)
	}
	good(issuer, root)
	h.revokeIssuer(t, "CESSATION_OF_OPERATION")
	revoked(issuer, root, cessationOfOperation)
}
