// The ciphers of TLS 1.2 that are spoken here, with clients and with servers. Knows their names, by OpenSSL.

/** Mozilla's intermediate profile, version 5.7, but for the finite-field ciphers: BoringSSL has none. Of TLS 1.3 it has all. */
export const CIPHERS = [
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ...["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
  ...["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
].join(":");
