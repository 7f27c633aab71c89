import type { OpenedGrant } from "../../core/firmware_transfer_api.ts";
import { type FtpCommand, ftpReply } from "./codec_ftp.ts";

/** What the session wants done. */
export type FtpEffect =
  | { readonly do: "reply"; readonly text: string }
  /** Ask control for this token; `opened` or `refused` follows. */
  | { readonly do: "ask"; readonly token: string }
  /** Open a data port and tell where; nothing else is handled meanwhile. */
  | { readonly do: "passive"; readonly kind: "EPSV" | "PASV" }
  | { readonly do: "send"; readonly start: number }
  | { readonly do: "list"; readonly text: string }
  | { readonly do: "receive"; readonly fileName: string }
  | { readonly do: "close" };

/** Names without a way. "/" and "." are the one folder that there is. */
const inRoot = (argument: string): string => argument.replace(/^(?:\.?\/)+/, "");

/**
 * One FTP conversation (RFC 959, 2428, 3659): log in with a token, find one file to fetch or bring one. Passive mode only:
 * a server that connects where a client says can be made to attack others. No sockets, no clock.
 */
export class FtpSession {
  #grant: OpenedGrant | undefined;
  #isAsking = false;
  #hasPassive = false;
  #restart = 0;

  /** One command. */
  receive({ verb, argument }: FtpCommand): FtpEffect[] {
    if (this.#isAsking) return reply(503, "One after the other");
    switch (verb) {
      case "USER":
        return this.#grant ? reply(503, "Logged in already") : reply(331, "Password?");
      case "PASS":
        return this.#pass(argument);
      case "QUIT":
        return [...reply(221, "Bye"), { do: "close" }];
      case "SYST":
        return reply(215, "UNIX Type: L8");
      case "FEAT":
        return [{
          do: "reply",
          text: ftpReply(211, "Features:", "EPSV", "PASV", "REST STREAM", "SIZE", "UTF8", "End"),
        }];
      case "NOOP":
        return reply(200, "Yes");
      case "OPTS":
        return /^UTF8 ON$/i.test(argument) ? reply(200, "UTF8 it is") : reply(501, "Only UTF8 ON");
      default:
        return this.#grant ? this.#loggedIn(this.#grant, verb, argument) : reply(530, "Log in first");
    }
  }

  /** Control knows the token. */
  opened(grant: OpenedGrant): FtpEffect[] {
    this.#isAsking = false;
    this.#grant = grant;
    return reply(230, "Logged in");
  }

  /** It does not: nobody gets a second try by the same connection. */
  refused(): FtpEffect[] {
    this.#isAsking = false;
    return [...reply(530, "Login incorrect"), { do: "close" }];
  }

  /** A data port is open, or none was free. */
  passive(text: string | undefined): FtpEffect[] {
    this.#hasPassive = text !== undefined;
    return text === undefined ? reply(425, "No data port is free: try again") : [{ do: "reply", text }];
  }

  /** The transfer is over. */
  transferred(outcome: "done" | "cut" | "no-connection" | "refused"): FtpEffect[] {
    this.#hasPassive = false;
    switch (outcome) {
      case "done":
        return reply(226, "Done");
      case "cut":
        return reply(426, "The transfer was cut off");
      case "no-connection":
        return reply(425, "No data connection came");
      case "refused":
        return reply(552, "The file is not taken");
    }
  }

  #pass(token: string): FtpEffect[] {
    if (this.#grant) return reply(503, "Logged in already");
    this.#isAsking = true;
    return [{ do: "ask", token }];
  }

  #loggedIn(grant: OpenedGrant, verb: string, argument: string): FtpEffect[] {
    const name = inRoot(argument);
    const isIt = grant.kind === "download" && name === grant.fileName;
    switch (verb) {
      case "TYPE":
        return /^(?:[AI]|A N|L 8)$/i.test(argument) ? reply(200, "Bytes as they are") : reply(504, "Type A or I");
      case "MODE":
        return /^S$/i.test(argument) ? reply(200, "Stream") : reply(504, "Mode S");
      case "STRU":
        return /^F$/i.test(argument) ? reply(200, "File") : reply(504, "Structure F");
      case "PWD":
      case "XPWD":
        return reply(257, '"/"');
      case "CWD":
      case "CDUP":
        return verb === "CDUP" || name === "" || name === "." ? reply(250, "/") : reply(550, "No such folder");
      case "ALLO":
        return reply(202, "Not needed");
      case "ABOR":
        return reply(226, "Nothing runs");
      case "EPSV":
      case "PASV":
        return [{ do: "passive", kind: verb }];
      case "REST":
        return this.#rest(argument);
      case "SIZE":
        return isIt ? reply(213, String(grant.sizeBytes)) : reply(550, "No such file");
      case "NLST":
      case "LIST":
        return this.#data([{ do: "list", text: listing(grant, verb) }]);
      case "RETR":
        return isIt ? this.#retrieve(grant) : reply(550, "No such file");
      case "STOR":
        return this.#store(grant, name);
      default:
        // EPRT, PORT: active mode; AUTH: FTPS; DELE, RNFR, MKD, SITE and all else: nothing here can be changed.
        return reply(502, "Not here");
    }
  }

  #rest(argument: string): FtpEffect[] {
    if (!/^\d{1,15}$/.test(argument)) return reply(501, "A number of bytes");
    this.#restart = Number(argument);
    return reply(350, "From there on");
  }

  #retrieve(grant: OpenedGrant & { readonly kind: "download" }): FtpEffect[] {
    const start = this.#restart;
    this.#restart = 0;
    return start > grant.sizeBytes ? reply(554, "Behind its end") : this.#data([{ do: "send", start }]);
  }

  #store(grant: OpenedGrant, fileName: string): FtpEffect[] {
    if (grant.kind !== "upload") return reply(553, "Nothing is taken here");
    if (this.#restart > 0) return reply(554, "Only from its beginning");
    return this.#data([{ do: "receive", fileName }]);
  }

  #data(effects: FtpEffect[]): FtpEffect[] {
    return this.#hasPassive ? [...reply(150, "Here it comes"), ...effects] : reply(425, "PASV or EPSV first");
  }
}

function listing(grant: OpenedGrant, verb: string): string {
  if (grant.kind !== "download") return "";
  if (verb === "NLST") return `${grant.fileName}\r\n`;
  return `-r--r--r-- 1 0 0 ${grant.sizeBytes} Jan  1 00:00 ${grant.fileName}\r\n`;
}

function reply(code: number, text: string): FtpEffect[] {
  return [{ do: "reply", text: ftpReply(code, text) }];
}
