/// Who knows the way: the route table, or what stands around it.
public protocol NextHops: ~Copyable {
    /// The best neighbour on the way to `home` (a member id) over a feasible route, or nil.
    /// Links in the mask `excluded` are left out.
    func nextHop(for home: UInt64, excluding excluded: UInt16) -> LinkNumber?
}

extension RouteTable: NextHops {}
