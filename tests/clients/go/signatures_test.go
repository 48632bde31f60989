// One call of each service, signed with each algorithm of the SDK.
package clients

import (
	"os"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer/algorithm"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	coreregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	ccm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1"
	ccmmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1/model"
	ccmregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1/region"
	dcs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2"
	dcsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2/model"
	dcsregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dcs/v2/region"
	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	ddsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"
	ddsregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/region"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	iammodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	iamregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/region"
	scm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/scm/v3"
	scmmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/scm/v3/model"
	scmregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/scm/v3/region"
	sms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sms/v3"
	smsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sms/v3/model"
	smsregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sms/v3/region"
)

// derived stands for V11-HMAC-SHA256, which the credentials choose and not the configuration.
const derived algorithm.SigningAlgorithm = "V11-HMAC-SHA256"

var algorithms = []algorithm.SigningAlgorithm{
	algorithm.HmacSHA256, algorithm.HmacSM3, algorithm.EcdsaP256SHA256, algorithm.SM2SM3, derived,
}

type service struct {
	name    string
	builder func() *core.HcHttpClientBuilder
	region  *coreregion.Region
	// Whether its client takes the credentials of a project, or those of the account.
	project bool
	// The cheapest call that reads, and the status of its answer.
	call func(*core.HcHttpClient) (int, error)
}

func services() []service {
	return []service{
		{"ccm", ccm.CcmClientBuilder, ccmregion.ValueOf(region()), false, func(c *core.HcHttpClient) (int, error) {
			answer, err := ccm.NewCcmClient(c).ListCertificateAuthority(&ccmmodel.ListCertificateAuthorityRequest{})
			if err != nil {
				return 0, err
			}
			return answer.HttpStatusCode, nil
		}},
		{"scm", scm.ScmClientBuilder, scmregion.ValueOf(region()), false, func(c *core.HcHttpClient) (int, error) {
			answer, err := scm.NewScmClient(c).ListCertificates(&scmmodel.ListCertificatesRequest{})
			if err != nil {
				return 0, err
			}
			return answer.HttpStatusCode, nil
		}},
		{"iam", iam.IamClientBuilder, iamregion.ValueOf(region()), false, func(c *core.HcHttpClient) (int, error) {
			answer, err := iam.NewIamClient(c).KeystoneListAuthDomains(&iammodel.KeystoneListAuthDomainsRequest{})
			if err != nil {
				return 0, err
			}
			return answer.HttpStatusCode, nil
		}},
		{"dcs", dcs.DcsClientBuilder, dcsregion.ValueOf(region()), true, func(c *core.HcHttpClient) (int, error) {
			answer, err := dcs.NewDcsClient(c).ListInstances(&dcsmodel.ListInstancesRequest{})
			if err != nil {
				return 0, err
			}
			return answer.HttpStatusCode, nil
		}},
		{"dds", dds.DdsClientBuilder, ddsregion.ValueOf(region()), true, func(c *core.HcHttpClient) (int, error) {
			answer, err := dds.NewDdsClient(c).ListInstances(&ddsmodel.ListInstancesRequest{})
			if err != nil {
				return 0, err
			}
			return answer.HttpStatusCode, nil
		}},
		{"sms", sms.SmsClientBuilder, smsregion.ValueOf(region()), true, func(c *core.HcHttpClient) (int, error) {
			answer, err := sms.NewSmsClient(c).ListTasks(&smsmodel.ListTasksRequest{})
			if err != nil {
				return 0, err
			}
			return answer.HttpStatusCode, nil
		}},
	}
}

func credentials(project bool, signing algorithm.SigningAlgorithm, sk string) auth.ICredential {
	ak := os.Getenv("CLOUD_SDK_AK")
	yes := func(*request.DefaultHttpRequest) bool { return true }
	if project {
		builder := basic.NewCredentialsBuilder().WithAk(ak).WithSk(sk).
			WithProjectId(os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID"))
		if signing == derived {
			builder = builder.WithDerivedPredicate(yes)
		}
		return builder.Build()
	}
	builder := global.NewCredentialsBuilder().WithAk(ak).WithSk(sk).
		WithDomainId(os.Getenv("HUAWEICLOUD_SDK_DOMAIN_ID"))
	if signing == derived {
		builder = builder.WithDerivedPredicate(yes)
	}
	return builder.Build()
}

func (s service) client(signing algorithm.SigningAlgorithm, sk string) *core.HcHttpClient {
	http := config.DefaultHttpConfig()
	builder := s.builder().WithRegion(s.region).WithCredential(credentials(s.project, signing, sk))
	if signing == derived {
		// What the generated clients of services with derived keys do; these have no such line.
		builder = builder.WithDerivedAuthServiceName(s.name)
	} else {
		http = http.WithSigningAlgorithm(signing)
	}
	return builder.WithHttpConfig(http).Build()
}

func TestEachServiceWithEachAlgorithm(t *testing.T) {
	for _, service := range services() {
		for _, signing := range algorithms {
			t.Run(service.name+"/"+string(signing), func(t *testing.T) {
				status, err := service.call(service.client(signing, os.Getenv("CLOUD_SDK_SK")))
				if err != nil || status != 200 {
					t.Fatal(status, err)
				}
			})
		}
	}
}

func TestAnotherSecretIsRefused(t *testing.T) {
	service := services()[0]
	for _, signing := range algorithms {
		// The fifth in a row would lock the key for this address; a right one starts the count anew.
		_, err := service.call(service.client(signing, "another"+os.Getenv("CLOUD_SDK_SK")[7:]))
		refusal, ok := err.(*sdkerr.ServiceResponseError)
		if !ok || refusal.StatusCode != 401 || refusal.ErrorCode != "APIGW.0301" {
			t.Fatal(signing, err)
		}
		if _, err := service.call(service.client(signing, os.Getenv("CLOUD_SDK_SK"))); err != nil {
			t.Fatal(signing, err)
		}
	}
}
