import { HardwareError } from "../gateway/core/errors.ts";
import type { Timers } from "../gateway/core/timers.ts";
import { HAL_LIMITS } from "./limits.ts";
import type { OldTls, OldTlsStream, OldTlsTarget } from "./old_tls.ts";
import type { ToolRunner } from "./tool.ts";

const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
/** Whatever the device still knows. What protects it is the isolated segment and the approved key, not the cipher. */
const WEAK = ["-cipher", "ALL:@SECLEVEL=0", "-min_protocol", "TLSv1", "-legacy_server_connect"];
/** The environment: nothing of the box's own settings may forbid what a person declared. */
const ENV = { PATH, LC_ALL: "C.UTF-8", OPENSSL_CONF: "/dev/null" };

/** What it needs of the box. */
export interface OldTlsTools {
  readonly timers: Pick<Timers, "after">;
  readonly run: ToolRunner;
}

/** Old TLS by OpenSSL's s_client, only to the devices that hald.json lists. */
export class LinuxOldTls implements OldTls {
  readonly #allowed: readonly OldTlsTarget[];
  readonly #tools: OldTlsTools;
  #streams = 0;

  constructor(allowed: readonly OldTlsTarget[], tools: OldTlsTools) {
    this.#allowed = allowed;
    this.#tools = tools;
  }

  async open(target: OldTlsTarget, certificate: Uint8Array): Promise<OldTlsStream> {
    const connect = this.#connect(target);
    if (this.#streams >= HAL_LIMITS.oldTlsStreams) {
      throw new HardwareError(
        "HAL_OVERLOAD",
        `${this.#streams} connections by the helper for old TLS are open already`,
      );
    }
    this.#streams++;
    const pin = await Deno.makeTempFile({ prefix: "bulkhead-pin-", suffix: ".pem" }).catch((error) => {
      this.#streams--;
      throw new HardwareError("HAL_TLS_FAILED", "Cannot write the approved certificate for OpenSSL", { cause: error });
    });
    try {
      await Deno.writeTextFile(pin, toPem(certificate), { mode: 0o600 });
      return await this.#handshake(connect, pin);
    } catch (error) {
      this.#streams--;
      throw error;
    } finally {
      await Deno.remove(pin); // OpenSSL has read it before the handshake was over.
    }
  }

  async certificate(target: OldTlsTarget): Promise<Uint8Array<ArrayBuffer>> {
    const args = ["s_client", ...this.#connect(target), "-showcerts", ...WEAK];
    const timeoutMs = HAL_LIMITS.oldTlsHandshakeMs;
    const output = await this.#tools.run({
      program: "openssl",
      args,
      env: { OPENSSL_CONF: ENV.OPENSSL_CONF },
      timeoutMs,
    });
    const text = new TextDecoder().decode(output);
    const base64 = /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/.exec(text)?.[1];
    if (!base64) throw new HardwareError("HAL_TLS_FAILED", "The device presented no certificate");
    return Uint8Array.from(atob(base64.replace(/\s/g, "")), (character) => character.charCodeAt(0));
  }

  #connect({ address, port }: OldTlsTarget): readonly string[] {
    if (!this.#allowed.some((one) => one.address === address && one.port === port)) {
      throw new HardwareError("HAL_NOT_CONFIGURED", `hald.json does not list ${address} port ${port} under "oldTls"`, {
        hint: 'Add { "address": ..., "port": ... } there, then restart bulkhead-hald',
      });
    }
    return ["-connect", `${address.includes(":") ? `[${address}]` : address}:${port}`];
  }

  async #handshake(connect: readonly string[], pin: string): Promise<OldTlsStream> {
    const child = spawn([
      ...["s_client", ...connect, "-brief", "-ign_eof", "-nocommands", ...WEAK],
      // The approved certificate is all that is trusted, and it is trusted whatever it says.
      ...["-CAfile", pin, "-no-CApath", "-no-CAstore", "-partial_chain", "-no_check_time", "-auth_level", "0"],
      ...["-verify", "1", "-verify_return_error"],
    ]);
    const close = once(() => {
      this.#streams--;
      kill(child);
    });
    const cancel = this.#tools.timers.after(HAL_LIMITS.oldTlsHandshakeMs, () => kill(child));
    try {
      const agreed = await readSummary(child.stderr);
      void child.status.then(close);
      return { agreed, readable: child.stdout, writable: child.stdin, close };
    } catch (error) {
      kill(child);
      await child.stdout.cancel();
      throw error;
    } finally {
      cancel();
    }
  }
}

function spawn(args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command("openssl", {
      args: [...args],
      clearEnv: true,
      env: ENV,
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
  } catch (error) {
    throw new HardwareError("HAL_TOOL_MISSING", 'Cannot start program "openssl"', {
      hint: "Install the package openssl; docs/hal.md lists what hald uses",
      cause: error,
    });
  }
}

/** What s_client tells before the first byte of the device: the handshake is over, or why it is not. */
async function readSummary(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stderr.getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text = (text + decoder.decode(part.value, { stream: true })).slice(0, HAL_LIMITS.oldTlsSummaryChars);
    const protocol = /^Protocol version: (.+)$/m.exec(text)?.[1];
    const cipher = /^Ciphersuite: (.+)$/m.exec(text)?.[1];
    if (/^CONNECTION ESTABLISHED$/m.test(text) && protocol && cipher) {
      reader.releaseLock();
      void stderr.pipeTo(new WritableStream()).catch(() => "it ends with the program");
      return `${protocol} ${cipher}`;
    }
  }
  if (/^verify error:/m.test(text)) {
    throw new HardwareError("HAL_TLS_REFUSED", "The device presents another certificate than the approved one");
  }
  const why = text.split("\n").filter((line) => /error|refused|timed? ?out|unreachable/i.test(line)).at(-1)?.slice(
    -200,
  );
  throw new HardwareError("HAL_TLS_FAILED", `No TLS connection to the device: ${why ?? "it took too long"}`);
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // It has ended already.
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      act();
    }
  };
}

function toPem(der: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
