/** A mail server: TLS from the first byte, or STARTTLS, which is then demanded. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly implicitTls: boolean;
  readonly user?: string;
  readonly password?: string;
}

/** Reads "smtps://user:password@host:port" or "smtp://..." (STARTTLS); undefined for another text, which is not shown. */
export function parseSmtpUrl(text: string): SmtpServer | undefined {
  const url = URL.parse(text.trim());
  if (!url || !["smtps:", "smtp:"].includes(url.protocol) || url.hostname === "") return undefined;
  const implicitTls = url.protocol === "smtps:";
  const user = decode(url.username), password = decode(url.password);
  if (user === undefined || password === undefined) return undefined;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (implicitTls ? 465 : 587) : Number(url.port),
    implicitTls,
    ...(user === "" ? {} : { user, password }),
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
