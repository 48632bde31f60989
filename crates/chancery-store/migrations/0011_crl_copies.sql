-- Which copies of revocation lists have to go is seen from what a node has in its buckets: what is no
-- authority's place goes, on every node.
DROP TABLE crl_copies_to_remove;
