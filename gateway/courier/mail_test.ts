import assert from "node:assert/strict";
import { systemTimers } from "../core/timers.ts";
import { FakeSmtp } from "../../tests/support/fake_smtp.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { type MailTarget, sendMail as sendMailWith } from "./mail.ts";
import { parseSmtpUrl } from "./smtp_url.ts";

const sendMail = (target: MailTarget, subject: string, text: string) =>
  sendMailWith(target, subject, text, systemTimers);

function targetOf(smtp: FakeSmtp, url = "smtps://gw:right@localhost", more: Partial<MailTarget> = {}): MailTarget {
  const server = { ...parseSmtpUrl(url)!, port: smtp.port };
  return { sink: "mail", from: "gw@garage.example", to: "ops@example.com", server, ca: smtp.ca.pem, ...more };
}

Deno.test("mail: hands a text to the server over TLS with a login", async () => {
  await using smtp = await FakeSmtp.up();
  await sendMail(targetOf(smtp), "Alarm: Tür offen", "First line\n.\nlast line");
  const [mail] = smtp.mails;
  assert.deepEqual([mail!.from, mail!.to, mail!.user], ["gw@garage.example", ["ops@example.com"], "gw"]);
  assert.match(mail!.text, /Subject: =\?UTF-8\?/);
  assert.match(mail!.text, /last line/);
});

Deno.test("mail: starts TLS on a plain port", async () => {
  await using smtp = await FakeSmtp.up({ implicitTls: false });
  await sendMail(targetOf(smtp, "smtp://gw:right@localhost"), "s", "t");
  assert.equal(smtp.mails.length, 1);
});

Deno.test("mail: sends nothing, not even the login, to a server that offers no TLS", async () => {
  await using smtp = await FakeSmtp.up({ implicitTls: false, offersStartTls: false });
  await assert.rejects(sendMail(targetOf(smtp, "smtp://gw:right@localhost"), "s", "t"), /DELIVERY|mail/i);
  assert.equal(smtp.mails.length, 0);
});

Deno.test("mail: a wrong login is a refusal that holds no password", async () => {
  await using smtp = await FakeSmtp.up();
  const sent = sendMail(targetOf(smtp, "smtps://gw:wrong%40secret@localhost"), "s", "t");
  await assert.rejects(sent, (error: Error & { code?: string }) => {
    assert.equal(error.code, "DELIVERY_REFUSED");
    assert.ok(!error.message.includes("wrong@secret") && error.cause === undefined);
    return true;
  });
});

Deno.test("mail: a recipient that the server does not know is a refusal", async () => {
  await using smtp = await FakeSmtp.up();
  await assert.rejects(sendMail(targetOf(smtp, undefined, { to: "nobody@example.com" }), "s", "t"), {
    code: "DELIVERY_REFUSED",
  });
});

Deno.test("mail: a certificate of another CA gets nothing", async () => {
  await using smtp = await FakeSmtp.up();
  const target = targetOf(smtp, undefined, { ca: new TestCa("Other").pem });
  await assert.rejects(sendMail(target, "s", "t"), { code: "DELIVERY_UNREACHABLE" });
  assert.equal(smtp.mails.length, 0);
});

Deno.test("mail: a line break in a subject starts no header", async () => {
  await using smtp = await FakeSmtp.up();
  await sendMail(targetOf(smtp), "s\r\nBcc: eve@example.com", "t");
  assert.deepEqual(smtp.mails[0]!.to, ["ops@example.com"]);
  assert.ok(!/^Bcc:/mi.test(smtp.mails[0]!.text));
});

Deno.test("mail: reads the line of the secret file", () => {
  const server = { host: "mail.example", port: 465, implicitTls: true, user: "gw@x", password: "p:/#" };
  assert.deepEqual(parseSmtpUrl("smtps://gw%40x:p%3A%2F%23@mail.example\n"), server);
  assert.deepEqual(parseSmtpUrl("smtp://mail.example:25"), { host: "mail.example", port: 25, implicitTls: false });
  assert.deepEqual(parseSmtpUrl("smtp://mail.example")!.port, 587);
  assert.equal(parseSmtpUrl("smtps://[::1]:465")!.host, "::1");
  for (const text of ["", "mail.example", "https://mail.example", "smtps://gw:%zz@mail.example", "smtps://"]) {
    assert.equal(parseSmtpUrl(text), undefined);
  }
});
