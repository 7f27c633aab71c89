import { Cookie, CookieJar } from "tough-cookie";
import { UI_PROXY_LIMITS } from "./limits.ts";

/**
 * The cookies of one device in one session of one person. They live here and die with the session, so that no browser
 * holds the key to a device and no session can use another's (invariant 5).
 */
export class DeviceJar {
  readonly #jar = newJar();
  /** Names and paths in the order in which they were last set. */
  readonly #order = new Map<string, Cookie>();

  /**
   * Keeps what a device set in its answer to `url`; what is no cookie, too long, or meant for another host, is not.
   * Without Domain: a device that names an old address or its factory name there means itself.
   */
  async keep(setCookies: readonly string[], url: string): Promise<void> {
    if (setCookies.length === 0) return;
    for (const text of setCookies) {
      if (text.length > UI_PROXY_LIMITS.deviceCookieBytes) continue;
      const cookie = Cookie.parse(text, { loose: true });
      if (!cookie) continue;
      cookie.domain = null;
      const kept = await this.#jar.setCookie(cookie, url, { ignoreError: true, loose: true });
      if (kept) await this.#remember(kept);
    }
  }

  /** The value of the Cookie field for a request to `url`; undefined when there is none to send. */
  async headerFor(url: string): Promise<string | undefined> {
    if (this.#order.size === 0) return undefined; // most devices, each request
    const text = await this.#jar.getCookieString(url);
    return text === "" ? undefined : text;
  }

  /** Forgets all: the login at the device has ended. */
  async clear(): Promise<void> {
    await this.#jar.removeAllCookies();
    this.#order.clear();
  }

  async #remember(cookie: Cookie): Promise<void> {
    const key = `${cookie.path}\n${cookie.key}`;
    this.#order.delete(key);
    this.#order.set(key, cookie);
    if (this.#order.size <= UI_PROXY_LIMITS.deviceCookies) return;
    const [oldestKey, oldest] = this.#order.entries().next().value!;
    this.#order.delete(oldestKey);
    await this.#jar.store.removeCookie(oldest.domain!, oldest.path!, oldest.key);
  }
}

/** Devices have addresses and made-up names instead of public ones. */
function newJar(): CookieJar {
  return new CookieJar(undefined, { looseMode: true, rejectPublicSuffixes: false, allowSpecialUseDomain: true });
}
