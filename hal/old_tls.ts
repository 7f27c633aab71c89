/** A device that speaks only TLS or certificates that the gateway's own TLS refuses. */
export interface OldTlsTarget {
  /** IP address and port as hald.json lists them. */
  readonly address: string;
  readonly port: number;
}

/** Bytes to and from such a device, in clear on this side. */
export interface OldTlsStream {
  /** What was agreed on, as "TLSv1 ECDHE-RSA-AES256-SHA". */
  readonly agreed: string;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Ends it, whatever the device does. */
  close(): void;
}

/** The declared helper for devices with old TLS. */
export interface OldTls {
  /**
   * Connects to a listed device that proves the key of this certificate (DER), or of one that it signed. Dates, names and
   * strength are not looked at: a person approved the certificate as a whole.
   * @throws HardwareError HAL_NOT_CONFIGURED, HAL_TLS_REFUSED, HAL_TLS_FAILED
   */
  open(target: OldTlsTarget, certificate: Uint8Array): Promise<OldTlsStream>;
  /** The certificate that a listed device presents, as DER, proven by nothing: for a person to compare. @throws as `open` */
  certificate(target: OldTlsTarget): Promise<Uint8Array<ArrayBuffer>>;
}
