import type { Component } from './components.ts';

/** SPDX ids by the component's purl; what is not known is not in it. */
export type Licenses = ReadonlyMap<string, string>;

/** A component with the license that its authors declare, where that is known. */
export function licensed(component: Component, licenses: Licenses): Component {
  const id = licenses.get(component['bom-ref'] ?? '');
  return id === undefined ? component : { ...component, licenses: [{ license: { id, acknowledgement: 'declared' } }] };
}
