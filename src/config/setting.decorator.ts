import 'reflect-metadata';
import { Transform } from 'class-transformer';

/** What the documentation says of one setting; the validators on the property say the rest. */
export interface SettingDescription {
  description: string;
  group: 'Service' | 'Database' | 'Entra ID' | 'Secrets' | 'Drift' | 'Webhooks' | 'Observability' | 'Limits' | 'Audit';
  /** A value that may stand in .env.example. */
  example?: string;
  /** Never logged; may also be given as NAME_FILE. */
  secret?: boolean;
  requiredInProduction?: boolean;
}

export interface NamedSetting extends SettingDescription {
  name: string;
}

const registry: NamedSetting[] = [];

/** Puts a property of Settings into the documentation, .env.example's test and the loader. */
export function Setting(description: SettingDescription): PropertyDecorator {
  return (_target, property) => {
    registry.push({ name: String(property), ...description });
  };
}

export function describedSettings(): readonly NamedSetting[] {
  return registry;
}

/** Environment text to a number; what isn't one stays text, so that the validator refuses it by name. */
export const AsNumber = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value,
  );

export const AsBoolean = () =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));
