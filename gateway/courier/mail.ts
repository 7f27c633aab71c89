import nodemailer from "nodemailer";
import { UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { COURIER_LIMITS } from "./limits.ts";
import type { SmtpServer } from "./smtp_url.ts";
import { connectPlain, connectTls, tlsOptions, type TlsTrust } from "./tls_client.ts";

/** One mail receiver and the server that takes mail for it. */
export interface MailTarget extends TlsTrust {
  readonly sink: string;
  readonly from: string;
  readonly to: string;
  readonly server: SmtpServer;
}

/** Hands one mail to its server. @throws UpstreamError DELIVERY_UNREACHABLE or DELIVERY_REFUSED */
export async function sendMail(target: MailTarget, subject: string, text: string, timers: Timers): Promise<void> {
  const { host, port, implicitTls, user, password } = target.server;
  // The library's own way to a host asks DNS servers and lists interfaces, which the courier may not.
  const connection = implicitTls
    ? await connectTls(target.server, target, timers)
    : await connectPlain(target.server, target, timers);
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
