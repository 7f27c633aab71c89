import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { TestCa } from "./test_ca.ts";

/** A mail server on loopback. */
export class FakeSmtp implements AsyncDisposable {
  readonly ca = new TestCa("Mail CA");
  readonly mails: {
    readonly from: string;
    readonly to: readonly string[];
    readonly text: string;
    readonly user: string;
  }[] = [];
  port = 0;
  readonly #server: SMTPServer;

  private constructor(options: { readonly implicitTls: boolean; readonly offersStartTls: boolean }) {
    const { certPem: cert, keyPem: key } = this.ca.server(["localhost"]);
    this.#server = new SMTPServer({
      secure: options.implicitTls,
      key,
      cert,
      authOptional: true,
      disabledCommands: options.offersStartTls ? [] : ["STARTTLS"],
      onAuth: ({ username, password }, _session, done) =>
        password === "right" ? done(null, { user: username }) : done(new Error("Invalid login right or wrong")),
      onRcptTo: ({ address }, _session, done) =>
        address.startsWith("nobody@") ? done(Object.assign(new Error("No such user"), { responseCode: 550 })) : done(),
      onData: (stream, session, done) => {
        let text = "";
        stream.on("data", (part: Uint8Array) => text += new TextDecoder().decode(part));
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom ? mailFrom.address : "";
          this.mails.push({ from, to: rcptTo.map(({ address }) => address), text, user: String(session.user ?? "") });
          done();
        });
      },
    });
    this.#server.on("error", () => {}); // the client's side of it is what tests look at
  }

  static async up(
    options: { readonly implicitTls?: boolean; readonly offersStartTls?: boolean } = {},
  ): Promise<FakeSmtp> {
    const fake = new FakeSmtp({ implicitTls: true, offersStartTls: true, ...options });
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", () => resolve()));
    fake.port = (fake.#server.server.address() as AddressInfo).port;
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
