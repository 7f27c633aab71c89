/** The value of one cookie of a Cookie field; undefined when it is absent, stands there twice or is no token of ours. */
export function cookieOf(field: string | undefined, name: string): string | undefined {
  if (field === undefined) return undefined;
  const values = field.split(";").flatMap((part) => {
    const at = part.indexOf("=");
    return at > 0 && part.slice(0, at).trim() === name ? [part.slice(at + 1).trim()] : [];
  });
  return values.length === 1 && /^[\w-]{1,128}$/.test(values[0]!) ? values[0] : undefined;
}

/** A Set-Cookie value: this host alone, encrypted, unseen by scripts, sent by pages of the same origin (RFC 6265bis). */
export function setCookie(name: string, token: string): string {
  return `${name}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`;
}

/** Takes the cookie out of the browser. */
export function dropCookie(name: string): string {
  return `${name}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`;
}
