// Judges what the desk issued: zlint's findings, and whether Go reads and verifies it.
//
// Reads a folder of DER files and writes a line of JSON for each:
//
//	judge lint FOLDER              zlint's findings of certificates (*.cer) and revocation lists (*.crl)
//	judge paths FILE               of each {leaf, pool} of a list in JSON, whether all of the pool is on paths
//	                               from the leaf upwards
//	judge verify FOLDER ROOTS ALL  whether Go verifies each certificate up to one of the certificates in
//	                               the folder ROOTS, with all that are in the folder ALL between them
package main

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	zcrypto "github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

type verdict struct {
	File     string            `json:"file"`
	Error    string            `json:"error,omitempty"`
	Findings map[string]string `json:"findings,omitempty"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "paths" {
		return paths(args[1])
	}
	judge, err := judgeOf(args)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	return each(args[1], func(name string, der []byte) error {
		said := judge(name, der)
		said.File = name
		return out.Encode(said)
	})
}

func judgeOf(args []string) (func(string, []byte) verdict, error) {
	switch {
	case len(args) == 2 && args[0] == "lint":
		return lints, nil
	case len(args) == 4 && args[0] == "verify":
		return verifier(args[2], args[3])
	}
	return nil, fmt.Errorf("judge lint FOLDER, judge paths FILE, or judge verify FOLDER ROOTS ALL")
}

// each calls f with the name and the content of every file in a folder, in the order of their names.
func each(folder string, f func(string, []byte) error) error {
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	sort.Strings(files)
	for _, file := range files {
		der, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := f(filepath.Base(file), der); err != nil {
			return err
		}
	}
	return nil
}

func lints(name string, der []byte) verdict {
	var results *zlint.ResultSet
	if strings.HasSuffix(name, ".crl") {
		list, err := zcrypto.ParseRevocationList(der)
		if err != nil {
			return verdict{Error: err.Error()}
		}
		results = zlint.LintRevocationList(list)
	} else {
		certificate, err := zcrypto.ParseCertificate(der)
		if err != nil {
			return verdict{Error: err.Error()}
		}
		results = zlint.LintCertificate(certificate)
	}
	findings := map[string]string{}
	for lintName, result := range results.Results {
		if result.Status >= lint.Notice {
			findings[lintName] = result.Status.String() + ": " + result.Details
		}
	}
	return verdict{Findings: findings}
}

func verifier(roots, all string) (func(string, []byte) verdict, error) {
	pool := func(folder string) (*x509.CertPool, error) {
		pool := x509.NewCertPool()
		return pool, each(folder, func(name string, der []byte) error {
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			pool.AddCert(certificate)
			return nil
		})
	}
	trusted, err := pool(roots)
	if err != nil {
		return nil, err
	}
	between, err := pool(all)
	if err != nil {
		return nil, err
	}
	options := x509.VerifyOptions{
		Roots:         trusted,
		Intermediates: between,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	return func(_ string, der []byte) verdict {
		certificate, err := x509.ParseCertificate(der)
		if err == nil {
			_, err = certificate.Verify(options)
		}
		if err != nil {
			return verdict{Error: err.Error()}
		}
		return verdict{}
	}, nil
}

func paths(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var cases []struct {
		Leaf []byte
		Pool [][]byte
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		return err
	}
	whole := make([]bool, 0, len(cases))
	for _, one := range cases {
		leaf, err := x509.ParseCertificate(one.Leaf)
		if err != nil {
			return err
		}
		pool := make([]*x509.Certificate, 0, len(one.Pool))
		for _, der := range one.Pool {
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				return err
			}
			pool = append(pool, certificate)
		}
		whole = append(whole, allOnPaths(leaf, pool))
	}
	return json.NewEncoder(os.Stdout).Encode(whole)
}

// allOnPaths tells whether every certificate of a pool is on a path from the leaf that cannot be gone on
// with: whatever is at its end is trusted.
func allOnPaths(leaf *x509.Certificate, pool []*x509.Certificate) bool {
	found := map[string]bool{}
	for _, top := range pool {
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(top)
		for _, certificate := range pool {
			// Nothing of the name and key of a root is between it and the leaf.
			if !certificate.Equal(top) && !sameAuthority(certificate, top) {
				between.AddCert(certificate)
			}
		}
		chains, err := leaf.Verify(x509.VerifyOptions{
			Roots:         roots,
			Intermediates: between,
			KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err != nil {
			continue
		}
		for _, chain := range chains {
			for _, certificate := range chain {
				found[string(certificate.Raw)] = true
			}
		}
	}
	for _, certificate := range pool {
		if !found[string(certificate.Raw)] {
			return false
		}
	}
	return true
}

// sameAuthority tells whether two certificates are of one name and key.
func sameAuthority(a, b *x509.Certificate) bool {
	return string(a.RawSubject) == string(b.RawSubject) &&
		string(a.RawSubjectPublicKeyInfo) == string(b.RawSubjectPublicKeyInfo)
}
