import type { ServerIdentity } from "../core/control_api.ts";

/**
 * What a listener presents when a certificate from elsewhere stands beside those of the site CA: that one for its own
 * names, the site CA's for all others, for addresses, and for clients that only know RSA.
 */
export function presented(
  identities: readonly ServerIdentity[],
  beside: ServerIdentity | undefined,
): readonly ServerIdentity[] {
  if (!beside) return identities;
  const taken = new Set(beside.names.map((name) => name.toLowerCase()));
  const others = identities.map((identity) =>
    identity.keyType === beside.keyType
      ? { ...identity, names: identity.names.filter((name) => !taken.has(name.toLowerCase())) }
      : identity
  );
  return [...others, beside];
}
