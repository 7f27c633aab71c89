/** One way to a device's pages: the origin that the device answers on, and the origin that browsers see instead. */
export interface DeviceOrigin {
  /** `http://10.20.0.11:81`, as URL.origin writes it. */
  readonly device: string;
  /** `https://bay-07--p81.gw.site.example:8443`. */
  readonly own: string;
}

/** Every known way to one device. Devices name themselves by old addresses, by names and with other ports. */
export class DeviceOrigins {
  readonly #own = new Map<string, string>();

  /**
   * @param origins the ways that are open, each device port with an origin of its own
   * @param aliases hosts by which the device names itself besides its address, such as its host name or its fixed
   *   service address; each stands for the same ports
   */
  constructor(origins: readonly DeviceOrigin[], aliases: readonly string[] = []) {
    for (const { device, own } of origins) {
      const url = new URL(device);
      for (const host of [url.hostname, ...aliases]) this.#own.set(address(url.protocol, host, url.port), own);
    }
    // A device behind the gateway still speaks of http where it is reached by https, and the other way round.
    for (const { device, own } of origins) {
      const url = new URL(device);
      const other = url.protocol === "https:" ? "http:" : "https:";
      for (const host of [url.hostname, ...aliases]) {
        const key = address(other, host, "");
        if (url.port === "" && !this.#own.has(key)) this.#own.set(key, own);
      }
    }
  }

  /**
   * A reference of the device as a browser of the gateway may follow it; `base` is the device's URL of the page that
   * holds it. undefined when it leads to somewhere that is no part of the device.
   */
  translate(reference: string, base: string): string | undefined {
    const url = URL.parse(reference.trim(), base);
    if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
    const own = this.#own.get(address(url.protocol, url.hostname, url.port));
    return own === undefined ? undefined : `${own}${url.pathname}${url.search}${url.hash}`;
  }
}

function address(protocol: string, hostname: string, port: string): string {
  return `${protocol}//${hostname.toLowerCase()}${port === "" ? "" : `:${port}`}`;
}
