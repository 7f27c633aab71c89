// Helps with a commissioning protocol; without this script every step is a plain form all the same.
for (const page of document.querySelectorAll(".protocol")) {
  // What was typed and not kept yet survives a reload, in this tab alone.
  const name = (field) => `draft ${location.pathname} ${field.id}`;
  for (const field of page.querySelectorAll("form .field input:not([type=file])")) {
    const kept = sessionStorage.getItem(name(field));
    if (kept !== null && field.id) {
      field.value = kept;
      field.closest("details")?.setAttribute("open", "");
    }
    field.addEventListener("input", () => field.id && sessionStorage.setItem(name(field), field.value));
  }
  for (const form of page.querySelectorAll("form")) {
    form.addEventListener("submit", () => {
      for (const field of form.querySelectorAll("input")) sessionStorage.removeItem(name(field));
    });
  }

  // A photo is made smaller before it is sent: 1,600 pixels are enough to read a label.
  for (const input of page.querySelectorAll("input[type=file][name=photo]")) {
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file || file.size < 400_000) return;
      const picture = await createImageBitmap(file).catch(() => undefined);
      if (!picture) return; // what this browser cannot read is judged by the gateway
      const factor = Math.min(1, 1600 / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * factor);
      canvas.height = Math.round(picture.height * factor);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
      if (!small || small.size >= file.size) return;
      const files = new DataTransfer();
      files.items.add(new File([small], "photo.jpg", { type: "image/jpeg" }));
      input.files = files.files;
    });
  }

  // Codes on a label, where the browser reads them.
  for (const label of "BarcodeDetector" in globalThis ? page.querySelectorAll("[data-label-fields]") : []) {
    const scan = label.querySelector("[data-scan]"), said = label.querySelector("[data-scan-said]");
    const input = scan.querySelector("input[type=file]");
    scan.hidden = false;
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file) return;
      const codes = await new globalThis.BarcodeDetector().detect(await createImageBitmap(file)).catch(() => []);
      const texts = codes.map(({ rawValue }) => rawValue.trim()).filter((text) => text !== "");
      said.textContent = texts.length === 0
        ? label.dataset.none
        : label.dataset.found.replace("{text}", texts.join(", "));
      const fill = (field, text) => {
        const place = label.querySelector(`input[name=${field}]`);
        if (!text || !place) return;
        place.value = text.slice(0, 64);
        place.dispatchEvent(new Event("input"));
      };
      const mac = /\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/i;
      fill("mac", texts.map((text) => mac.exec(text)?.[0]).find((text) => text));
      const serial = texts.map((text) => /(?:S\/?N|serial)\W*([\w.-]{3,64})/i.exec(text)?.[1]).find((text) => text);
      fill("serial", serial ?? texts.find((text) => /^[\w./-]{3,64}$/.test(text) && !mac.test(text)));
    });
  }

  // A signature by finger or pen: a path of whole numbers within its paper.
  for (const draw of page.querySelectorAll("[data-draw]")) {
    const paper = draw.querySelector("svg"), path = paper.querySelector("path"), field = draw.querySelector("input");
    draw.hidden = false;
    const put = (text) => {
      if (text.length > 8000) return;
      field.value = text;
      path.setAttribute("d", text);
    };
    const point = ({ clientX, clientY }) => {
      const { left, top, width, height } = paper.getBoundingClientRect();
      const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
      return `${within((clientX - left) / width * 300, 300)} ${within((clientY - top) / height * 100, 100)}`;
    };
    let last = "";
    paper.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      paper.setPointerCapture(event.pointerId);
      last = point(event);
      put(`${field.value}${field.value ? " " : ""}M${last} L${last}`);
    });
    paper.addEventListener("pointermove", (event) => {
      const next = point(event);
      if (!paper.hasPointerCapture(event.pointerId) || next === last) return;
      last = next;
      put(`${field.value} L${next}`);
    });
    draw.querySelector("[data-draw-clear]").addEventListener("click", () => put(""));
  }
}
