import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createRpcServer, type RpcPeer, type RpcRequest } from "../../gateway/demo/ocpp_rpc.ts";
import { TestCa } from "./test_ca.ts";

/** The CA of the CSMS below. */
export const CSMS_CA = new TestCa("CSMS CA");
const CSMS_SERVER = CSMS_CA.server(["127.0.0.1"]);
const NOW = "2026-01-01T00:00:00.000Z";

/** A CSMS on ocpp-rpc in strict mode behind wss. */
export class RpcCsms {
  readonly requests: RpcRequest[] = [];
  readonly faults: string[] = [];
  client: RpcPeer | undefined;
  readonly #rpc = createRpcServer();
  readonly #server = createServer({ cert: CSMS_SERVER.certPem, key: CSMS_SERVER.keyPem });

  constructor() {
    this.#rpc.auth((accept) => accept());
    this.#rpc.on("client", (client) => {
      this.client = client;
      client.on("strictValidationFailure", (event: { error: Error }) => void this.faults.push(event.error.message));
      client.on("badMessage", (event: { error: Error }) => void this.faults.push(event.error.message));
      client.handle((request) => {
        this.requests.push(request);
        return answer(request);
      });
    });
    this.#server.on("upgrade", this.#rpc.handleUpgrade);
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  async close(): Promise<void> {
    await this.#rpc.close({ force: true });
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function answer({ method, params }: RpcRequest): unknown {
  switch (method) {
    case "BootNotification":
      return { status: "Accepted", currentTime: NOW, interval: 300 };
    case "Heartbeat":
      return { currentTime: NOW };
    case "Authorize":
      return "idTag" in params ? { idTagInfo: { status: "Accepted" } } : { idTokenInfo: { status: "Accepted" } };
    case "StartTransaction":
      return { transactionId: 7, idTagInfo: { status: "Accepted" } };
    default:
      return {};
  }
}
