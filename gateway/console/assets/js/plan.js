// Moves stations on a floor plan, by pointer and by keyboard. What is let go is kept by the REST API, as the forms below
// the plan do it; without this script the forms are the way.
for (const floor of document.querySelectorAll("[data-floor]")) {
  const said = document.getElementById("arrange-said");
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const round = (percent) => Math.round(Math.min(100, Math.max(0, percent)) * 10) / 10;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_place, name) => String(values[name]));

  const show = (mark, x, y) => {
    mark.setAttribute("x", `${x}%`);
    mark.setAttribute("y", `${y}%`);
  };

  /** Keeps where a station is shown; if the gateway does not, it goes back to where it was. */
  const keep = async (mark, handle) => {
    const station = mark.dataset.station;
    const x = parseFloat(mark.getAttribute("x")), y = parseFloat(mark.getAttribute("y"));
    if (x === Number(handle.dataset.x) && y === Number(handle.dataset.y)) return;
    try {
      const answer = await fetch(`/api/v1/plan/places/${encodeURIComponent(station)}`, {
        method: "PUT",
        headers: { "content-type": "application/json", "x-bulkhead-token": floor.dataset.token },
        body: JSON.stringify({ floor: floor.dataset.floor, x, y }),
      });
      if (!answer.ok) throw new Error((await answer.json()).title);
      handle.dataset.x = String(x);
      handle.dataset.y = String(y);
      for (const [name, value] of [["x", x], ["y", y]]) {
        const field = document.getElementById(`f-${station.replace(/[^\w-]/g, "_")}-${name}`);
        if (field) field.value = String(value);
      }
      const text = document.getElementById(`place-${station}`);
      if (text) text.textContent = `${x} %, ${y} %`;
      said.textContent = fill(floor.dataset.moved, { station, x, y });
    } catch (error) {
      show(mark, handle.dataset.x, handle.dataset.y);
      const why = error instanceof TypeError ? floor.dataset.away : error.message;
      said.textContent = fill(floor.dataset.fault, { station, why });
    }
  };

  for (const mark of floor.querySelectorAll("[data-station]")) {
    const handle = mark.querySelector(".handle");
    handle.setAttribute("tabindex", "0");
    handle.setAttribute("role", "button");
    handle.setAttribute("aria-describedby", "arrange-hint");
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
      handle.classList.add("moving");
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { left, top, width, height } = floor.getBoundingClientRect();
      show(mark, round((event.clientX - left) / width * 100), round((event.clientY - top) / height * 100));
    });
    const letGo = () => {
      handle.classList.remove("moving");
      keep(mark, handle);
    };
    handle.addEventListener("pointerup", letGo);
    handle.addEventListener("pointercancel", letGo);
    handle.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      const far = event.shiftKey ? 5 : 0.5;
      const at = (name) => parseFloat(mark.getAttribute(name));
      show(mark, round(at("x") + step[0] * far), round(at("y") + step[1] * far));
    });
    handle.addEventListener("keyup", (event) => STEPS[event.key] && keep(mark, handle));
    handle.addEventListener("blur", () => keep(mark, handle));
  }
}
