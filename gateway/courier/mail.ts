import nodemailer from "nodemailer";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { COURIER_LIMITS } from "./limits.ts";
import { connectPlain, connectTls, tlsOptions, type TlsTrust } from "./tls_client.ts";

/** One mail receiver and the server that takes mail for it. */
export interface MailTarget extends TlsTrust {
  readonly sink: string;
  readonly from: string;
  readonly to: string;
  readonly server: SmtpServer;
}

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

/** Hands one mail to its server. @throws UpstreamError DELIVERY_UNREACHABLE or DELIVERY_REFUSED */
export async function sendMail(target: MailTarget, subject: string, text: string, timers: Timers): Promise<void> {
  const { host, port, implicitTls, user, password } = target.server;
  // The library's own way to a host asks DNS servers and lists interfaces, which the courier may not.
  const connection = implicitTls
    ? await connectTls(target.server, target, timers)
    : await connectPlain(target.server, timers);
  const transport = nodemailer.createTransport({
    host,
    port,
    secure: implicitTls,
    requireTLS: true,
    getSocket: (_options, done) => done(null, { connection, secured: implicitTls }),
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    tls: tlsOptions(target, host),
    name: "bulkhead",
    connectionTimeout: COURIER_LIMITS.connectMs,
    greetingTimeout: COURIER_LIMITS.connectMs,
    socketTimeout: COURIER_LIMITS.sendMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({ from: target.from, to: target.to, subject, text });
  } catch (error) {
    throw toUpstreamError(error, `${host}:${port}`);
  } finally {
    transport.close();
    connection.destroy();
  }
}

/** The library's error may quote the conversation: only its code and the server's status are passed on. */
function toUpstreamError(error: unknown, server: string): UpstreamError {
  const { code, responseCode } = error as { readonly code?: string; readonly responseCode?: number };
  if (responseCode === undefined) {
    return new UpstreamError("DELIVERY_UNREACHABLE", `Cannot send mail through ${server}: ${code ?? "no connection"}`);
  }
  return new UpstreamError("DELIVERY_REFUSED", `Mail server ${server} answered ${responseCode} (${code ?? "refused"})`);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
