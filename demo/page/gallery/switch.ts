import { h } from "../dom.ts";

export interface Switch {
  readonly element: HTMLElement;
  isOn(): boolean;
  set(isOn: boolean): void;
}

/** A checkbox that says it is a switch. */
export function createSwitch(label: string, testId: string, onTurn: (isOn: boolean) => void): Switch {
  const input = h("input", { type: "checkbox", role: "switch", "data-testid": testId });
  input.addEventListener("change", () => onTurn(input.checked));
  return {
    element: h("label", { class: "switch" }, input, h("span", {}, label)),
    isOn: () => input.checked,
    set(isOn) {
      input.checked = isOn;
    },
  };
}
