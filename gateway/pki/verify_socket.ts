import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { PKI_LIMITS } from "./limits.ts";
import { type PeerTrust, type PeerVerdict, type Refusal, refuse, standingOf, verifyPeer } from "./verify_peer.ts";

/** A verdict over a socket; `chain` is what to hand to verifyPeer when the live socket is checked again. */
export type SocketVerdict = PeerVerdict & { readonly chain: readonly Uint8Array[] };

/** The parts of a node:tls socket that say who is there. */
export type PeerSocket = Pick<TLSSocket, "authorized" | "getPeerCertificate" | "isSessionReused">;

interface LinkedCertificate {
  readonly raw?: Uint8Array;
  readonly issuerCertificate?: LinkedCertificate;
}

/**
 * Judges the peer of a TLS socket that asked for a client certificate; one per isolate and trust zone. Safe with
 * `rejectUnauthorized: false` (an optional certificate: profiles 2 and 3 on one port), because it demands
 * `authorized` and X.509 v3: for other certificates Deno skips the proof that the peer holds the private key (F1).
 *
 * Measured on Deno 2.9.6: a resumed session always says `authorized: true`, even when its full handshake said false,
 * and even when another listener of the isolate made it (F2). So a session may only be resumed by a peer whose full
 * handshake was authorized here; its chain is remembered, since a resumed session no longer has the intermediates.
 * Tickets die with the isolate, hence the memory need not outlive it.
 */
export class SocketVerifier {
  readonly #proven = new Map<string, readonly Uint8Array[]>();
  readonly #limit: number;

  /** @param limit how many peers are remembered, oldest forgotten first */
  constructor(limit: number = PKI_LIMITS.provenPeers) {
    this.#limit = limit;
  }

  /** @returns a refusal "peer.presented" when the peer sent no certificate: the caller decides whether it must */
  verify(socket: PeerSocket, trust: PeerTrust, now: number): SocketVerdict {
    const leaf = socket.getPeerCertificate(true) as LinkedCertificate | undefined | null;
    const raw = leaf?.raw;
    if (!raw?.length) return { ...refuse("peer.presented", "no certificate was presented"), chain: [] };
    if (!socket.authorized) return this.#judgeUnauthorized(presentedChain(leaf!), trust, now);
    const key = createHash("sha256").update(raw).digest("hex");
    if (!socket.isSessionReused()) this.#remember(key, presentedChain(leaf!));
    const chain = this.#proven.get(key);
    if (!chain) {
      const shown = presentedChain(leaf!),
        unproven = refuse("peer.resumed-unproven", "its full handshake was not seen here");
      // A stranger's has the same fault as in its full handshake, which was refused, too.
      const anew = marked(verifyPeer(shown, trust, now), shown, trust);
      return { ...!anew.ok && anew.isStranger ? anew : marked(unproven, shown, trust), chain: [] };
    }
    return { ...marked(verifyPeer(chain, trust, now), chain, trust), chain };
  }

  /** What TLS refused is never accepted; our own check only names the reason, which TLS does not tell. */
  #judgeUnauthorized(chain: readonly Uint8Array[], trust: PeerTrust, now: number): SocketVerdict {
    const verdict = verifyPeer(chain, trust, now);
    if (!verdict.ok) return { ...marked(verdict, chain, trust), chain };
    return { ...refuse("peer.authorized", "TLS did not accept it, though nothing else is wrong with it"), chain };
  }

  #remember(key: string, chain: readonly Uint8Array[]): void {
    this.#proven.delete(key);
    if (this.#proven.size >= this.#limit) this.#proven.delete(this.#proven.keys().next().value!);
    this.#proven.set(key, chain);
  }
}

/** A refusal with what its chain is to this listener: a stranger's, or revoked whatever else is wrong with it. */
function marked<V extends PeerVerdict | Refusal>(verdict: V, chain: readonly Uint8Array[], trust: PeerTrust): V {
  if (verdict.ok || verdict.rule === "peer.revoked") return verdict;
  const standing = standingOf(chain, trust);
  if (standing === "known") return verdict;
  return standing === "stranger"
    ? { ...verdict, isStranger: true }
    : { ...verdict, rule: "peer.revoked", message: `it was revoked; ${verdict.message}` };
}

/** The presented certificates as DER. Ends where the links loop (a root is its own issuer) and at the limit plus one. */
function presentedChain(leaf: LinkedCertificate): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  const seen = new Set<LinkedCertificate>();
  let next: LinkedCertificate | undefined = leaf;
  while (next?.raw?.length && !seen.has(next) && chain.length <= PKI_LIMITS.presentedCertificates) {
    seen.add(next);
    chain.push(new Uint8Array(next.raw));
    next = next.issuerCertificate;
  }
  return chain;
}
