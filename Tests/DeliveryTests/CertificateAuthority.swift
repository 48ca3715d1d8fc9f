/// Makes certificates with the openssl command line, as an owner would.
struct CertificateAuthority {
    let certificatePath: String
    private let keyPath: String
    private let folder: TemporaryFolder

    init(_ folder: TemporaryFolder, _ name: String) throws {
        self.folder = folder
        certificatePath = "\(folder.path)/\(name).crt"
        keyPath = "\(folder.path)/\(name).key"
        try Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=\(name)", "-keyout", keyPath, "-out", certificatePath,
        ])
    }

    /// A certificate for a host of that name: the paths of certificate and key.
    func certificate(for host: String) throws -> (certificate: String, key: String) {
        let path = "\(folder.path)/\(host)"
        let extensions = try folder.write("\(host).ext", "subjectAltName=DNS:\(host)\n")
        try Self.openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(host)",
            "-keyout", "\(path).key", "-out", "\(path).csr",
        ])
        try Self.openssl([
            "x509", "-req", "-in", "\(path).csr", "-CA", certificatePath, "-CAkey", keyPath, "-CAcreateserial",
            "-days", "2", "-extfile", extensions, "-out", "\(path).crt",
        ])
        return ("\(path).crt", "\(path).key")
    }

    private static func openssl(_ arguments: [String]) throws {
        try ChildProcess.run("openssl", package: "openssl", arguments)
    }
}
