-- What private certificates are found by: each word begins at one place of this index.
CREATE TABLE certificate_words (
    domain_id {TEXT} NOT NULL,
    field {TEXT} NOT NULL,
    word {TEXT} NOT NULL,
    certificate_id {TEXT} NOT NULL,
    CONSTRAINT certificate_words_domain_id_field_word_certificate_id
        PRIMARY KEY (domain_id, field, word, certificate_id)
){TABLE};
CREATE INDEX certificate_words_certificate_id ON certificate_words (certificate_id);

-- Certificates of before, whose words are written in the background.
CREATE TABLE certificates_without_words (
    certificate_id {TEXT} NOT NULL,
    CONSTRAINT certificates_without_words_certificate_id PRIMARY KEY (certificate_id)
){TABLE};
INSERT INTO certificates_without_words (certificate_id) SELECT id FROM private_certificates;

CREATE INDEX private_certificates_domain_id_not_after
    ON private_certificates (domain_id, not_after, id);
