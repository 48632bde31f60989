// Writes go.json: requests signed by the Go SDK, with each algorithm. Run once, in an empty folder
// with this file:
//
//	go mod init vectors && go get github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer@v0.1.188
//	go run make_go.go > go.json
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer/algorithm"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
)

type vector struct {
	Name    string            `json:"name"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   string            `json:"query"`
	Body    string            `json:"body"`
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
}

type input struct {
	name, method, path string
	query              map[string]any
	contentType        string
	body               any
}

func main() {
	inputs := []input{
		{"list CAs", "GET", "/v1/private-certificate-authorities", map[string]any{"limit": 10, "offset": 0}, "application/json", nil},
		{"export", "POST", "/v1/private-certificates/6434f74f-2d13-4e6a-89eb-93ee313f1a43/export", nil, "application/json", map[string]string{"type": "NGINX", "is_compressed": "true"}},
		{"certkey", "GET", "/v3/tasks/e2ac47e2-05c7-44b0-9e5d-bd6f1b2b4e6c/certkey", map[string]any{"enable_ca_cert": true}, "application/json", nil},
		{"spaces, plus and han", "GET", "/v3/scm/certificates", map[string]any{"content": "a b/c+d&e=f", "name": "证书 *"}, "application/json", nil},
		{"unsorted list", "GET", "/v2/x/instances", map[string]any{"status": []string{"RUNNING", "CREATING"}}, "application/json", nil},
		{"empty value", "GET", "/v2/x/instances", map[string]any{"name": "", "id": "7"}, "application/json", nil},
		{"han in a path", "GET", "/v1/中 b/~x", nil, "application/json", nil},
		{"unsigned payload", "POST", "/v1/upload", nil, "application/octet-stream", "some bytes"},
		{"unsigned payload, empty", "POST", "/v1/upload", nil, "application/octet-stream", nil},
	}
	var vectors []vector
	for _, name := range []algorithm.SigningAlgorithm{algorithm.HmacSHA256, algorithm.HmacSM3, algorithm.EcdsaP256SHA256, algorithm.SM2SM3, derived} {
		for number, in := range inputs {
			vectors = append(vectors, sign(name, number, in))
		}
	}
	// One coordinate of these two public keys starts with a zero byte.
	for _, in := range []struct {
		name   string
		number int
	}{{"key with a short x", 117}, {"key with a short y", 137}} {
		inputs[0].name = in.name
		vectors = append(vectors, sign(algorithm.SM2SM3, in.number, inputs[0]))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	check(encoder.Encode(vectors))
}

// derived stands for what the SDK has no name for here: V11-HMAC-SHA256.
const derived = algorithm.SigningAlgorithm("derived")

func sign(name algorithm.SigningAlgorithm, number int, in input) vector {
	accessKey, secret := fmt.Sprintf("AKVECTOR%012d", number), fmt.Sprintf("secret-of-vector-%d-+/=é", number)
	builder := request.NewHttpRequestBuilder().
		WithEndpoint("https://chancery.example.com:8443").WithMethod(in.method).WithPath(in.path).
		AddHeaderParam("User-Agent", "huaweicloud-usdk-go/3.0").
		AddHeaderParam("Content-Type", in.contentType).
		AddHeaderParam("X-Domain-Id", "d78cbac186b744899480f25bd022f468").
		AddHeaderParam("X-Sdk-Date", fmt.Sprintf("20260%d15T0%d3000Z", number%9+1, number%10))
	for key, value := range in.query {
		builder = builder.AddQueryParam(key, reflect.ValueOf(value))
	}
	if in.body != nil {
		builder = builder.WithBody("body", in.body)
	}
	unsigned := builder.Build()
	var added map[string]string
	var err error
	if name == derived {
		added, err = signer.SignDerived(unsigned, accessKey, secret, "ccm", "cn-north-4")
	} else {
		algorithm, missing := signer.GetSigner(name)
		check(missing)
		added, err = algorithm.Sign(unsigned, accessKey, secret)
	}
	check(err)
	for key, value := range added {
		unsigned.AddHeaderParam(key, value)
	}
	wire, err := unsigned.ConvertRequest()
	check(err)
	body, err := io.ReadAll(wire.Body)
	check(err)
	headers := map[string]string{"Host": wire.URL.Host}
	for key := range wire.Header {
		headers[key] = wire.Header.Get(key)
	}
	return vector{in.name, wire.Method, wire.URL.EscapedPath(), wire.URL.RawQuery, string(body), secret, headers}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
