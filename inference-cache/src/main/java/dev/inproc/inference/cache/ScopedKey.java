package dev.inproc.inference.cache;

/** A key within a tenant's scope; calls without a scope use the key alone. */
record ScopedKey(String scope, Object key) {
  @Override
  public int hashCode() {
    return (scope.hashCode() * 31 + key.hashCode()) * 31;
  }
}
