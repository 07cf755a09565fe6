/** The name under which an application registers its own permissions. */
export interface PermissionNamespace {
  name: string;
  displayName: string;
  /** service_accounts.id of the program that registers; null: only people do. */
  serviceAccountId: string | null;
  version: number;
}

export type NewNamespace = Omit<PermissionNamespace, 'version'>;
export type NamespacePatch = Partial<Pick<PermissionNamespace, 'displayName' | 'serviceAccountId'>>;

/** A permission as an application names it, without its namespace. */
export interface RegisteredPermission {
  name: string;
  description: string;
}

/** One permission of the catalogue or of a namespace. */
export interface KnownPermission {
  /** `resource:action`, or `namespace/resource:action` */
  name: string;
  description: string;
  /** Null: ours. */
  namespace: string | null;
}
