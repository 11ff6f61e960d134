"""A subnet, given or made, and private endpoints in it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network, privatedns

from ingenious_infra.components.naming import Names
from ingenious_infra.settings import Settings

BLOB = ("blob", "privatelink.blob.core.windows.net")
VAULT = ("vault", "privatelink.vaultcore.azure.net")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkArgs:
    """Where the endpoints go: `settings.subnet_id`, or ranges to make a network from."""

    settings: Settings
    names: Names
    resource_group_name: pulumi.Input[str]


class Network(pulumi.ComponentResource):
    """A network that reaches storage without crossing the internet."""

    subnet_id: pulumi.Input[str]
    virtual_network_id: pulumi.Input[str]
    api_subnet_id: pulumi.Input[str] | None

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ingenious:storage:Network", name, None, opts)
        self._args = args
        self._opts = pulumi.ResourceOptions(parent=self)
        given = args.settings.subnet_id
        self.api_subnet_id = args.settings.api_subnet_id
        if given is None:
            self.virtual_network_id, self.subnet_id = self._make()
        else:
            self.virtual_network_id, self.subnet_id = given.rpartition("/subnets/")[0], given
        self.register_outputs({"subnet_id": self.subnet_id})

    def _make(self) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        made = network.VirtualNetwork(
            "virtual-network",
            virtual_network_name=self._args.names.of("vnet"),
            resource_group_name=self._args.resource_group_name,
            location=self._args.settings.location,
            address_space=network.AddressSpaceArgs(
                address_prefixes=[str(self._args.settings.vnet_cidr)]
            ),
            tags=self._args.names.tags,
            # The subnet is a resource of its own; without this Azure would be asked to drop it.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["subnets"]),
        )
        subnet = network.Subnet(
            "subnet",
            subnet_name="private-endpoints",
            virtual_network_name=made.name,
            resource_group_name=self._args.resource_group_name,
            address_prefix=self._args.settings.subnet_cidr,
            default_outbound_access=False,
            private_endpoint_network_policies=(
                network.VirtualNetworkPrivateEndpointNetworkPolicies.ENABLED
            ),
            network_security_group=network.NetworkSecurityGroupArgs(id=self._firewall().id),
            opts=self._opts,
        )
        if self._args.settings.api_subnet_cidr is not None:
            self.api_subnet_id = self._api_subnet(made, after=subnet).id
        return made.id, subnet.id

    def _api_subnet(self, made: network.VirtualNetwork, *, after: network.Subnet) -> network.Subnet:
        """A subnet that Container Apps may put its environment into."""
        return network.Subnet(
            "api-subnet",
            subnet_name="api",
            virtual_network_name=made.name,
            resource_group_name=self._args.resource_group_name,
            address_prefix=self._args.settings.api_subnet_cidr,
            delegations=[
                network.DelegationArgs(
                    name="container-apps", service_name="Microsoft.App/environments"
                )
            ],
            network_security_group=network.NetworkSecurityGroupArgs(id=self._api_firewall().id),
            # Azure changes one subnet of a network at a time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after]),
        )

    def _firewall(self) -> network.NetworkSecurityGroup:
        """Admit HTTPS from the network and nothing else."""
        return network.NetworkSecurityGroup(
            "subnet-rules",
            network_security_group_name=self._args.names.of("nsg"),
            resource_group_name=self._args.resource_group_name,
            location=self._args.settings.location,
            security_rules=[
                _inbound(
                    "https-from-the-network", 100, "Allow", source="VirtualNetwork", port="443"
                ),
                _inbound("nothing-else", 4096, "Deny", source="*", port="*"),
            ],
            tags=self._args.names.tags,
            opts=self._opts,
        )

    def _api_firewall(self) -> network.NetworkSecurityGroup:
        """Admit HTTPS, from the internet too where the API is public, and Azure's own probes."""
        source = "Internet" if self._args.settings.api_public else "VirtualNetwork"
        inside = str(self._args.settings.api_subnet_cidr)
        return network.NetworkSecurityGroup(
            "api-subnet-rules",
            network_security_group_name=self._args.names.of("nsg", "api"),
            resource_group_name=self._args.resource_group_name,
            location=self._args.settings.location,
            security_rules=[
                _inbound("https", 100, "Allow", source=source, port="443"),
                _inbound("load-balancer", 110, "Allow", source="AzureLoadBalancer", port="*"),
                _inbound("inside", 120, "Allow", source=inside, port="*"),
                _inbound("nothing-else", 4096, "Deny", source="*", port="*"),
            ],
            tags=self._args.names.tags,
            opts=self._opts,
        )

    def admit(self, target: str, target_id: pulumi.Input[str], service: tuple[str, str]) -> None:
        """Give `target` an address in the subnet, and its public name that address inside."""
        group, zone_name = service
        endpoint = network.PrivateEndpoint(
            f"{target}-endpoint",
            private_endpoint_name=self._args.names.of("pe", target),
            resource_group_name=self._args.resource_group_name,
            location=self._args.settings.location,
            subnet=network.SubnetArgs(id=self.subnet_id),
            private_link_service_connections=[
                network.PrivateLinkServiceConnectionArgs(
                    name=target, private_link_service_id=target_id, group_ids=[group]
                )
            ],
            tags=self._args.names.tags,
            opts=self._opts,
        )
        zone = self._zone(target, zone_name)
        network.PrivateDnsZoneGroup(
            f"{target}-zone-group",
            private_dns_zone_group_name="default",
            private_endpoint_name=endpoint.name,
            resource_group_name=self._args.resource_group_name,
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(name=group, private_dns_zone_id=zone.id)
            ],
            opts=self._opts,
        )

    def _zone(self, target: str, zone_name: str) -> privatedns.PrivateZone:
        zone = privatedns.PrivateZone(
            f"{target}-zone",
            private_zone_name=zone_name,
            resource_group_name=self._args.resource_group_name,
            location="Global",
            tags=self._args.names.tags,
            opts=self._opts,
        )
        privatedns.VirtualNetworkLink(
            f"{target}-zone-link",
            virtual_network_link_name=self._args.names.of("link", target),
            private_zone_name=zone.name,
            resource_group_name=self._args.resource_group_name,
            location="Global",
            registration_enabled=False,
            virtual_network=privatedns.SubResourceArgs(id=self.virtual_network_id),
            tags=self._args.names.tags,
            opts=self._opts,
        )
        return zone


def _inbound(
    name: str, priority: int, access: str, *, source: str, port: str
) -> network.SecurityRuleArgs:
    return network.SecurityRuleArgs(
        name=name,
        priority=priority,
        direction="Inbound",
        access=access,
        protocol="*",
        source_address_prefix=source,
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_range=port,
    )
