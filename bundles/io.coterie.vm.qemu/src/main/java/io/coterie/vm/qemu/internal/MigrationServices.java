package io.coterie.vm.qemu.internal;

import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.RpcHandler;
import io.coterie.mesh.api.StreamHandler;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Offers the receiving end of migrations to trusted peers. */
@Component(service = {})
public final class MigrationServices {
  private final List<ServiceRegistration<?>> registrations;

  @Activate
  public MigrationServices(@Reference QemuVmService machines, BundleContext context) {
    MigrationTarget target = machines.target();
    RpcHandler control = (DeviceId peer, byte[] request) -> target.answer(peer, request);
    StreamHandler memory = target::receiveMemory;
    StreamHandler file = target::receiveFile;
    registrations =
        List.of(
            context.registerService(
                RpcHandler.class, control, named(MigrationWire.CONTROL_SERVICE)),
            context.registerService(
                StreamHandler.class, memory, named(MigrationWire.MEMORY_SERVICE)),
            context.registerService(StreamHandler.class, file, named(MigrationWire.FILE_SERVICE)));
  }

  private static Dictionary<String, Object> named(String service) {
    Hashtable<String, Object> properties = new Hashtable<>();
    properties.put(StreamHandler.SERVICE, service);
    return properties;
  }

  @Deactivate
  void close() {
    registrations.forEach(ServiceRegistration::unregister);
  }
}
