// Passkeys: a form with data-passkey asks the gateway for options, lets the browser make or use a key, and posts the
// answer in its hidden fields. Everything is judged by the gateway.
{
  const toBytes = (text) => {
    const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  };
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const withIds = (list) => (list ?? []).map((item) => ({ ...item, id: toBytes(item.id) }));

  const create = async (options) => {
    const publicKey = {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: withIds(options.excludeCredentials),
    };
    const made = await navigator.credentials.create({ publicKey });
    const { attestationObject, clientDataJSON } = made.response;
    return answerOf(made, {
      attestationObject: toText(attestationObject),
      clientDataJSON: toText(clientDataJSON),
      transports: made.response.getTransports?.() ?? [],
    });
  };

  const use = async (options) => {
    const publicKey = {
      ...options,
      challenge: toBytes(options.challenge),
      allowCredentials: withIds(options.allowCredentials),
    };
    const used = await navigator.credentials.get({ publicKey });
    const { authenticatorData, clientDataJSON, signature, userHandle } = used.response;
    return answerOf(used, {
      authenticatorData: toText(authenticatorData),
      clientDataJSON: toText(clientDataJSON),
      signature: toText(signature),
      ...userHandle ? { userHandle: toText(userHandle) } : {},
    });
  };

  const answerOf = (credential, response) => ({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
    ...credential.authenticatorAttachment ? { authenticatorAttachment: credential.authenticatorAttachment } : {},
  });

  const run = async (form) => {
    const fault = form.querySelector("[data-passkey-fault]");
    if (fault) fault.hidden = true;
    try {
      const headers = { "x-bulkhead-token": form.elements.namedItem("_token").value };
      const begun = await fetch(form.dataset.passkey, { method: "POST", headers });
      if (!begun.ok) throw new Error(`${begun.status}`);
      const { ceremony, options } = await begun.json();
      const answer = options.user ? await create(options) : await use(options);
      form.elements.namedItem("ceremony").value = ceremony;
      form.elements.namedItem("response").value = JSON.stringify(answer);
      form.dataset.done = "yes";
      form.submit();
    } catch {
      if (fault) fault.hidden = false;
    }
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = !("credentials" in navigator && globalThis.PublicKeyCredential);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(form);
    });
  }
}
