/**
 * Every reason for which verify_peer refuses a certificate, in the order in which it checks. The ids stand in audit
 * records and events; additive only. Peers are never told them.
 */
export const PEER_RULES = {
  "peer.presented": "No client certificate was presented",
  "peer.authorized": "TLS itself did not accept the certificate, so possession of its key may be unproven",
  "peer.resumed-unproven": "The TLS session was resumed, but this listener never saw its full handshake",
  "peer.encoding": "The certificate is not valid DER, or too large, or too many were presented",
  "peer.version": "The certificate is not X.509 version 3: for older ones possession of the key is not checked",
  "peer.critical-extension": "The certificate has a critical extension that is not understood",
  "peer.is-ca": "A CA certificate was presented as a peer's own",
  "peer.key": "A key of the chain is too weak: wanted RSA of 2,048 bits, EC of 224 bits or Ed25519",
  "peer.signature-algorithm": "A signature of the chain is weaker than SHA-256",
  "peer.purpose": "The certificate is not meant for TLS clients",
  "peer.chain": "The certificate does not chain to a CA of this listener",
  "peer.issuer-not-ca": "A certificate of the chain was issued by one that is not a CA",
  "peer.path-length": "The chain is longer than one of its CAs allows",
  "peer.name-constraints": "A name of the certificate breaks a CA's name constraints",
  "peer.not-yet-valid": "A certificate of the chain is not yet valid by the gateway's clock",
  "peer.expired": "A certificate of the chain has expired by the gateway's clock",
  "peer.revoked": "A certificate of the chain was revoked",
  "peer.organization": "The organization (O) is not one of those accepted",
  "peer.common-name": "The common name (CN) is missing, stands there twice or is not plain text",
} as const satisfies Record<string, string>;

/** One reason for which verify_peer refuses. */
export type PeerRule = keyof typeof PEER_RULES;
