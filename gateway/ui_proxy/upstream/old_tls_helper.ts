import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { openOldTls, readOldTlsCertificate } from "../../../hal/old_tls_client.ts";
import { GatewayError, IntegrityError, UpstreamError } from "../../core/errors.ts";

/** Reaches devices whose TLS only the declared helper behind hald speaks. */
export interface OldTlsHelper {
  /**
   * Bytes to the device that proves the key of the approved certificate (DER; empty: none was approved).
   * @throws IntegrityError UI_PIN_CHANGED after `onPinChanged` was told what it presents, UpstreamError
   * UI_DEVICE_UNREACHABLE
   */
  open(
    host: string,
    port: number,
    pin: Uint8Array,
    onPinChanged: (presented: Uint8Array) => void,
  ): Promise<Duplex>;
}

/** The helper behind this hald. The Worker needs net `unix:PATH` and read and write on PATH. */
export function createOldTlsHelper(haldSocket: string): OldTlsHelper {
  return {
    async open(address, port, pin, onPinChanged) {
      const target = { address, port };
      try {
        if (pin.length > 0) return await openOldTls(haldSocket, target, pin);
      } catch (error) {
        if (!(error instanceof GatewayError && error.code === "HAL_TLS_REFUSED")) {
          throw unreachable(address, port, error);
        }
      }
      const presented = await readOldTlsCertificate(haldSocket, target).catch((error) => {
        throw unreachable(address, port, error);
      });
      // What a person approved a moment ago on another connection is no news.
      if (!Buffer.from(presented).equals(pin)) onPinChanged(presented);
      throw new IntegrityError(
        "UI_PIN_CHANGED",
        `The device at ${address}:${port} presents another certificate than the approved one`,
        { hint: "Compare the fingerprint at the device and approve the new certificate" },
      );
    },
  };
}

function unreachable(address: string, port: number, cause: unknown): UpstreamError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UpstreamError("UI_DEVICE_UNREACHABLE", `The device at ${address}:${port} cannot be reached: ${why}`, {
    cause,
    hint: cause instanceof GatewayError && cause.hint ? cause.hint : "`why STATION` looks at link, lease and address",
  });
}
