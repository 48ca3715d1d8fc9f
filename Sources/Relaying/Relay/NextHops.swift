/// Who knows the way: the route table, or what stands around it.
public protocol NextHops: ~Copyable {
    /// The best neighbour on the way to `home` (a member id) over a feasible route, or nil.
    /// Links in the mask `excluded` are left out.
    func nextHop(for home: UInt64, excluding excluded: UInt16) -> LinkNumber?

    /// For what those have refused that `nextHop` knows: the best neighbour that says it is no farther from `home` than this
    /// bridge is, its route being feasible or not, or nil.
    func detour(for home: UInt64, excluding excluded: UInt16) -> LinkNumber?
}

extension NextHops where Self: ~Copyable {
    public func detour(for home: UInt64, excluding excluded: UInt16) -> LinkNumber? { nil }
}

extension RouteTable: NextHops {}
