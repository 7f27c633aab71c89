/** The watchdog chip: once opened, the box restarts by itself when it is not petted in time. */
export interface HardwareWatchdog {
  /** Seconds without a pet after which the box restarts. */
  readonly timeoutSeconds: number;
  /** @throws HardwareError HAL_WATCHDOG */
  pet(): void;
  /** Disarms the chip (on an orderly stop only). */
  close(): void;
}
