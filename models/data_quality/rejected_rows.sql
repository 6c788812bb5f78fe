{%- set datasets = [
    'customers', 'products', 'aisles', 'departments', 'orders', 'order_products',
] -%}

with

{% for dataset in datasets -%}
base_{{ dataset }} as (

    select * from {{ ref('base_instacart__' ~ dataset) }}

    where rejection_reason is not null

),

{% endfor -%}

conflicting_customers as (

    select * from {{ ref('int_customers_screened') }}

    where row_status = 'conflict'

),

conflicting_products as (

    select * from {{ ref('int_products_screened') }}

    where row_status = 'conflict'

),

conflicting_aisles as (

    select * from {{ ref('int_aisles_screened') }}

    where row_status = 'conflict'

),

conflicting_departments as (

    select * from {{ ref('int_departments_screened') }}

    where row_status = 'conflict'

),

conflicting_orders as (

    select * from {{ ref('int_orders_repeated') }}

    where row_status = 'conflict'

),

conflicting_order_products as (

    select * from {{ ref('int_order_products_repeated') }}

    where row_status = 'conflict'

),

orphaned_order_products as (

    select * from {{ ref('int_order_products_orphaned') }}

),

order_product_texts as (

    select * from {{ ref('stg_instacart__order_products') }}

    where raw_row is not null

),

files as (

    select * from {{ ref('stg_instacart__files') }}

),

-- Of two copies that are written in different ways, either is the row's text.
orphaned_texts as (

    select
        orphaned.order_id,
        orphaned.product_id,
        orphaned.cart_position,
        orphaned.is_reordered,
        orphaned.file_number,
        orphaned.rejection_reason,
        min(texts.raw_row) as raw_row

    from orphaned_order_products as orphaned

    left join order_product_texts as texts
        on
            orphaned.order_id = texts.order_id
            and orphaned.product_id = texts.product_id
            and orphaned.cart_position = texts.cart_position
            and orphaned.is_reordered = texts.is_reordered
            and orphaned.file_number = texts.file_number

    group by
        orphaned.order_id,
        orphaned.product_id,
        orphaned.cart_position,
        orphaned.is_reordered,
        orphaned.file_number,
        orphaned.rejection_reason

),

rejected as (

    {% for dataset in datasets -%}
    select
        '{{ dataset }}' as dataset,
        file_number,
        rejection_reason as reason,
        raw_row

    from base_{{ dataset }}

    union all

    {% endfor -%}

    select
        'customers' as dataset,
        file_number,
        {{ conflict_reason('user_id') }} as reason,
        cast(customer_id as string) as raw_row

    from conflicting_customers

    union all

    select
        'products' as dataset,
        file_number,
        {{ conflict_reason('product_id') }} as reason,
        raw_row

    from conflicting_products

    union all

    select
        'aisles' as dataset,
        file_number,
        {{ conflict_reason('aisle_id') }} as reason,
        raw_row

    from conflicting_aisles

    union all

    select
        'departments' as dataset,
        file_number,
        {{ conflict_reason('department_id') }} as reason,
        raw_row

    from conflicting_departments

    union all

    select
        'orders' as dataset,
        file_number,
        {{ conflict_reason('order_id') }} as reason,
        coalesce(
            raw_row,
            {{ csv_row([
                'order_id', 'customer_id', 'eval_set', 'order_number', 'day_of_week',
                usual_hour('hour_of_day'), usual_days('days_since_prior_order'),
            ]) }}
        ) as raw_row

    from conflicting_orders

    union all

    select
        'order_products' as dataset,
        file_number,
        {{ conflict_reason('order_id and product_id') }} as reason,
        coalesce(
            raw_row,
            {{ csv_row([
                'order_id', 'product_id', 'cart_position',
                'cast(is_reordered as integer)',
            ]) }}
        ) as raw_row

    from conflicting_order_products

    union all

    select
        'order_products' as dataset,
        file_number,
        rejection_reason as reason,
        coalesce(
            raw_row,
            {{ csv_row([
                'order_id', 'product_id', 'cart_position',
                'cast(is_reordered as integer)',
            ]) }}
        ) as raw_row

    from orphaned_texts

),

named as (

    select
        rejected.dataset,
        files.source_file,
        rejected.reason,
        rejected.raw_row

    from rejected

    left join files
        on
            rejected.dataset = files.dataset
            and rejected.file_number = files.file_number

)

select * from named
