// A hierarchy of the desk's own, made with the official SDK.
package clients

import (
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer/algorithm"
	ccm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1"
	ccmmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1/model"
)

// hierarchy is a root and a subordinate authority, both with lists and OCSP switched on.
type hierarchy struct {
	client       *ccm.CcmClient
	key, hash    string
	root, issuer string
}

func newHierarchy(t *testing.T, key, hash string) *hierarchy {
	t.Helper()
	h := &hierarchy{client: ccmClient(algorithm.HmacSHA256), key: key, hash: hash}
	h.root = h.authority(t, "ROOT", nil, 10)
	h.issuer = h.authority(t, "SUBORDINATE", &h.root, 5)
	return h
}

// authority creates an authority and switches on what tells relying parties of it: what it issues
// from then on names it.
func (h *hierarchy) authority(t *testing.T, kind string, issuer *string, years int32) string {
	t.Helper()
	created, err := h.client.CreateCertificateAuthority(&ccmmodel.CreateCertificateAuthorityRequest{
		Body: &ccmmodel.CreateCertificateAuthorityRequestBody{
			Type:               kind,
			IssuerId:           issuer,
			KeyAlgorithm:       h.key,
			SignatureAlgorithm: &h.hash,
			Validity:           &ccmmodel.Validity{Type: "YEAR", Value: years},
			DistinguishedName: &ccmmodel.DistinguishedName{
				CommonName:         "Go " + h.key + " " + kind,
				Country:            "CN",
				State:              "Shanghai",
				Locality:           "Pudong",
				Organization:       "Chancery Tests",
				OrganizationalUnit: "Desk",
			},
		},
	})
	check(t, err)
	_, err = h.client.EnableCertificateAuthorityCrl(&ccmmodel.EnableCertificateAuthorityCrlRequest{
		CaId: *created.CaId,
		Body: &ccmmodel.EnableCertificateAuthorityCrlRequestBody{ObsBucketName: "go-lists", ValidDays: 7},
	})
	check(t, err)
	_, err = h.client.UpdateOcspSwitch(&ccmmodel.UpdateOcspSwitchRequest{
		CaId: *created.CaId,
		Body: &ccmmodel.UpdateOcspSwitchRequestBody{OcspSwitch: true},
	})
	check(t, err)
	return *created.CaId
}

// issue orders a certificate for localhost and answers its id.
func (h *hierarchy) issue(t *testing.T) string {
	t.Helper()
	created, err := h.client.CreateCertificate(&ccmmodel.CreateCertificateRequest{
		Body: &ccmmodel.CreateCertificateRequestBody{
			IssuerId:                h.issuer,
			KeyAlgorithm:            &h.key,
			SignatureAlgorithm:      &h.hash,
			Validity:                &ccmmodel.Validity{Type: "DAY", Value: 30},
			DistinguishedName:       &ccmmodel.CertDistinguishedName{CommonName: "localhost"},
			SubjectAlternativeNames: &[]ccmmodel.SubjectAlternativeName{{Type: "DNS", Value: "localhost"}},
		},
	})
	check(t, err)
	return *created.CertificateId
}

// export fetches a certificate as texts.
func (h *hierarchy) export(t *testing.T, id string) *ccmmodel.ExportCertificateResponse {
	t.Helper()
	exported, err := h.client.ExportCertificate(&ccmmodel.ExportCertificateRequest{
		CertificateId: id,
		Body:          &ccmmodel.ExportCertificateRequestBody{Type: "OTHER", IsCompressed: "false"},
	})
	check(t, err)
	return exported
}

func (h *hierarchy) revoke(t *testing.T, id, reason string) {
	t.Helper()
	_, err := h.client.RevokeCertificate(&ccmmodel.RevokeCertificateRequest{
		CertificateId: id,
		Body:          &ccmmodel.RevokeCertificateRequestBody{Reason: &reason},
	})
	check(t, err)
}

func (h *hierarchy) revokeIssuer(t *testing.T, reason string) {
	t.Helper()
	_, err := h.client.RevokeCertificateAuthority(&ccmmodel.RevokeCertificateAuthorityRequest{
		CaId: h.issuer,
		Body: &ccmmodel.RevokeCertificateRequestBody{Reason: &reason},
	})
	check(t, err)
}
